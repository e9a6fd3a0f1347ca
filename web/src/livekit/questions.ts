/** The script's questions as the agent announces them, and the buttons that answer them. Pure. */

export interface OpenQuestion {
  id: string;
  /** A newer worker may send other types; they get no buttons of their own. */
  type: string;
  /** Its place among the questions, from 1. */
  number: number;
  ask: string;
  /** The words of each choice by its id. */
  choices: Readonly<Record<string, string>>;
}

export interface Questions {
  total: number;
  answered: number;
  skipped: number;
  /** The question that waits for an answer; undefined if none does. */
  open: OpenQuestion | undefined;
}

/** What a button asks of the agent; it is sent with the words of a typed message. */
export type Tap =
  | { action: "answer"; question: string; value: string }
  | { action: "skip"; question: string }
  | { action: "next" | "finish" | "repeat" | "slower" };

/** Undefined until the opening has been said, and if the worker is older than this page. */
export function questionsFrom(attribute: string | undefined): Questions | undefined {
  if (!attribute) return undefined;
  try {
    const given = JSON.parse(attribute) as Omit<Questions, "open"> & { open: OpenQuestion | null };
    if (![given.total, given.answered, given.skipped].every(Number.isInteger)) return undefined;
    return { ...given, open: given.open ?? undefined };
  } catch {
    return undefined;
  }
}

/** The questions that are answered or skipped. */
export function doneOf({ answered, skipped }: Questions): number {
  return answered + skipped;
}

/** There are buttons for answers: without an open question, one that says that there is nothing to ask. */
export function hasAnswers({ open }: Questions): boolean {
  return open === undefined || open.type === "yes_no" || Object.keys(open.choices).length > 0;
}
