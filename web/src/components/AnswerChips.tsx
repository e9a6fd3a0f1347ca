import { useState } from "react";

import { fill } from "../lib/fill.js";
import { doneOf, type OpenQuestion, type Questions, type Tap } from "../livekit/questions.js";
import type { Turn } from "../livekit/turn.js";
import { capitalised } from "../texts/capitalised.js";
import type { Texts } from "../texts/index.js";
import { useTexts } from "../texts/useTexts.js";

/** More questions are only counted. */
const MOST_DOTS = 8;

interface AnswerChipsProps {
  questions: Questions;
  turn: Turn;
  send: (text: string, tap: Tap) => Promise<void>;
}

/** The open question with buttons for its answers, and buttons to hear the last line again. */
export function AnswerChips({ questions, turn, send }: AnswerChipsProps) {
  const texts = useTexts();
  const [status, setStatus] = useState<"idle" | "sending" | "failed">("idle");
  const { open } = questions;
  const waits = turn === "trainee";
  const answers = waits ? answersTo(questions, texts) : [];
  const others = [
    ...(waits && open !== undefined ? [skipOf(open, texts)] : []),
    ...(["repeat", "slower"] as const).map((action) => ({
      text: texts.chips[action],
      tap: { action },
    })),
  ];

  const tap = async (chip: Chip) => {
    if (status === "sending") return;
    setStatus("sending");
    try {
      await send(chip.text, chip.tap);
      setStatus("idle");
    } catch {
      setStatus("failed");
    }
  };
  const button = (chip: Chip, className: string) => (
    <button
      key={`${chip.tap.action} ${chip.text}`}
      type="button"
      className={className}
      data-testid={`chip-${chip.tap.action}`}
      aria-disabled={status === "sending"}
      onClick={() => void tap(chip)}
    >
      {chip.text}
    </button>
  );
  return (
    <div
      className="tg-chips"
      role="group"
      tabIndex={-1}
      data-focus-fallback=""
      aria-label={(waits ? open?.ask : undefined) ?? texts.chips.label}
      data-testid="chips"
      data-waits={waits}
    >
      {questions.total > 0 && status !== "failed" && <Progress questions={questions} />}
      <p className="tg-chat-note" role="status">
        {status === "failed" && texts.chat.failed}
      </p>
      {open !== undefined && waits && (
        <p className="tg-question" data-testid="question">
          {open.ask}
        </p>
      )}
      {answers.length > 0 && (
        <div className="tg-chip-row">{answers.map((chip) => button(chip, "tg-chip"))}</div>
      )}
      <div className="tg-chip-row">
        {others.map((chip) => button(chip, "tg-chip tg-chip-quiet"))}
      </div>
    </div>
  );
}

interface Chip {
  /** The words on the button; they are also what the trainee says. */
  text: string;
  tap: Tap;
}

function answersTo(questions: Questions, { chips, locale }: Texts): Chip[] {
  const { open } = questions;
  if (open === undefined) {
    const action = doneOf(questions) < questions.total ? "next" : "finish";
    return [{ text: chips[action], tap: { action } }];
  }
  const question = open.id;
  const answer = (value: string, text: string): Chip => ({
    text,
    tap: { action: "answer", question, value },
  });
  return open.type === "yes_no"
    ? [answer("yes", chips.yes), answer("no", chips.no)]
    : Object.entries(open.choices).map(([value, text]) => answer(value, capitalised(text, locale)));
}

function skipOf(open: OpenQuestion, { chips }: Texts): Chip {
  return { text: chips.skip, tap: { action: "skip", question: open.id } };
}

function Progress({ questions }: { questions: Questions }) {
  const { chips } = useTexts();
  const { total, open } = questions;
  const done = doneOf(questions);
  const number = Math.min(open?.number ?? done + 1, total);
  const stepOf = (index: number) =>
    index === number - 1 && done < total ? "now" : index < done ? "done" : "next";
  return (
    <p className="tg-question-progress" data-testid="question-progress">
      {total <= MOST_DOTS && (
        <span className="tg-question-dots" aria-hidden="true">
          {Array.from({ length: total }, (_, index) => (
            <i key={index} data-step={stepOf(index)} />
          ))}
        </span>
      )}
      {done >= total ? chips.allDone : fill(chips.progress, { number, total })}
    </p>
  );
}
