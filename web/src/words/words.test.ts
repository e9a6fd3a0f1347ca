import { expect, test } from "vitest";

import { LANGUAGES, type Words, wordsFor } from "./index.js";

/** Every text of a language, by the path of its key. */
function texts(words: Words): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (value: unknown, path: string) => {
    if (typeof value === "string") found.set(path, value);
    else if (typeof value === "function") found.set(path, words.heading("Ana"));
    else for (const [key, one] of Object.entries(value as object)) walk(one, `${path}.${key}`);
  };
  walk(words, "");
  return found;
}

const english = texts(wordsFor("en"));
const others = Object.entries(LANGUAGES).filter(([tag]) => tag !== "en");

/** Words that are the same in both languages, by path. */
const SAME = new Set([".steps.guide", ".steps.connection", ".conversation"]);
const ENGLISH_ONLY = /\b(the|you|your|and|is|was|are|with|what|here|it|of|to|please|guide's)\b/i;
/** Told apart from English by none of its letters. */
const HOMOGRAPHS: Record<string, RegExp> = { de: /\bwas\b/gi };

test("the page speaks what the scripts speak", () => {
  expect(Object.keys(LANGUAGES).sort()).toEqual(["de", "en", "es", "fr"]);
  for (const [tag, words] of Object.entries(LANGUAGES)) expect(words.locale).toBe(tag);
});

test.each(others)("%s has every text, none empty", (_, words) => {
  const theirs = texts(words);
  expect([...theirs.keys()].sort()).toEqual([...english.keys()].sort());
  for (const [path, text] of theirs) expect(text.trim(), path).not.toBe("");
});

test.each(others)("%s has no English left in it", (tag, words) => {
  for (const [path, text] of texts(words)) {
    if (!SAME.has(path) && path !== ".locale") expect(text, path).not.toBe(english.get(path));
    const own = text.replaceAll(/`[^`]*`/g, "").replaceAll(HOMOGRAPHS[tag] ?? /(?!)/g, "");
    expect(own, path).not.toMatch(ENGLISH_ONLY);
  }
});

test.each(others)("%s addresses the trainee as the scripts do", (tag, words) => {
  const wrong = {
    de: /\b(du|dich|dir|dein\w*)\b/i,
    es: /\b(usted|su|sus|vosotros)\b/i,
    fr: /\b(tu|te|toi|ton|ta|tes)\b/i,
  }[tag];
  for (const [path, text] of texts(words)) expect(text, path).not.toMatch(wrong ?? /(?!)/);
});

test("a colon, a question or an exclamation in French has its hard space", () => {
  for (const [path, text] of texts(wordsFor("fr")))
    expect(text, path).not.toMatch(/(?<!\u00a0)[:!?;]/);
});

test.each([
  ["es", "es"],
  ["es-MX", "es"],
  ["DE_at", "de"],
  ["pt-BR", "en"],
  ["", "en"],
  ["constructor", "en"],
])("%s is answered in %s", (tag, expected) => {
  expect(wordsFor(tag).locale).toBe(expected);
});

test("the first language we have wins", () => {
  expect(wordsFor(undefined, null, "pt", "fr-CA", "de").locale).toBe("fr");
  expect(wordsFor().locale).toBe("en");
});
