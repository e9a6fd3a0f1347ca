/** Chooses the page's language. */
import { de } from "./de.js";
import { en } from "./en.js";
import { es } from "./es.js";
import { fr } from "./fr.js";
import type { Texts } from "./types.js";

export type { Texts } from "./types.js";

/** By lower-case BCP 47 tag; a regional entry (`pt-br`) is preferred to its language. */
export const LANGUAGES: Readonly<Record<string, Texts>> = { en, es, fr, de };

/** The texts of the first tag that is available, by its exact tag or its language; else English. */
export function textsFor(...tags: readonly (string | null | undefined)[]): Texts {
  for (const tag of tags) {
    const exact = tag?.toLowerCase().replaceAll("_", "-") ?? "";
    const found = find(exact) ?? find(exact.split("-", 1)[0] ?? "");
    if (found !== undefined) return found;
  }
  return en;
}

function find(tag: string): Texts | undefined {
  return Object.hasOwn(LANGUAGES, tag) ? LANGUAGES[tag] : undefined;
}

/**
 * The languages of the host page and of the browser, used until the greeting's language is known.
 */
export function browserLanguages(): string[] {
  return [document.documentElement.lang, ...navigator.languages];
}
