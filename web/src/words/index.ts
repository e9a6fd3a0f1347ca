/** Chooses the page's language; knows the languages, and none of their sentences. */
import { de } from "./de.js";
import { en } from "./en.js";
import { es } from "./es.js";
import { fr } from "./fr.js";
import type { Words } from "./types.js";

export type { Words } from "./types.js";

/** By lower-case tag; a region of its own (`pt-br`) goes before its language. */
export const LANGUAGES: Readonly<Record<string, Words>> = { en, es, fr, de };

/**
 * The words of the first of these tags that we have: by the exact tag, else by its language.
 * English where we have none of them.
 */
export function wordsFor(...tags: readonly (string | null | undefined)[]): Words {
  for (const tag of tags) {
    const exact = tag?.toLowerCase().replaceAll("_", "-") ?? "";
    const found = own(exact) ?? own(exact.split("-", 1)[0] ?? "");
    if (found !== undefined) return found;
  }
  return en;
}

function own(tag: string): Words | undefined {
  return Object.hasOwn(LANGUAGES, tag) ? LANGUAGES[tag] : undefined;
}

/** What to try where nobody has told us a language: the host page's, then the browser's. */
export function languagesHere(): string[] {
  if (typeof document === "undefined") return [];
  return [document.documentElement.lang, ...navigator.languages];
}
