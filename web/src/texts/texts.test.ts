import { expect, test } from "vitest";

import { LANGUAGES, type Texts, textsFor } from "./index.js";

/** Every text of a language, by the path of its key. */
function flatten(texts: Texts): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (value: unknown, path: string) => {
    if (typeof value === "string") found.set(path, value);
    else for (const [key, one] of Object.entries(value as object)) walk(one, `${path}.${key}`);
  };
  walk(texts, "");
  return found;
}

const english_ = textsFor(["en"]);
const english = flatten(english_);
const others = Object.entries(LANGUAGES).filter(([tag]) => tag !== "en");

/** Texts that are the same in English, by path. */
const SAME = new Set([".steps.guide", ".steps.connection", ".conversation", ".chips.no"]);
const ENGLISH_ONLY = /\b(the|you|your|and|is|was|are|with|what|here|it|of|to|please|guide's)\b/i;
/** Words that look English but are not. */
const HOMOGRAPHS: Record<string, RegExp> = { de: /\bwas\b/gi };

test("the page has the languages of the scripts", () => {
  expect(Object.keys(LANGUAGES).sort()).toEqual(["de", "en", "es", "fr"]);
  for (const [tag, texts] of Object.entries(LANGUAGES)) expect(texts.locale).toBe(tag);
});

test.each(others)("%s has every text", (_, texts) => {
  const theirs = flatten(texts);
  expect([...theirs.keys()].sort()).toEqual([...english.keys()].sort());
  for (const [path, text] of theirs) expect(text.trim(), path).not.toBe("");
});

test.each(others)("%s has no English text", (tag, texts) => {
  for (const [path, text] of flatten(texts)) {
    if (!SAME.has(path) && path !== ".locale") expect(text, path).not.toBe(english.get(path));
    const own = text.replaceAll(/`[^`]*`/g, "").replaceAll(HOMOGRAPHS[tag] ?? /(?!)/g, "");
    expect(own, path).not.toMatch(ENGLISH_ONLY);
  }
});

test.each(others)("%s uses the form of address of the scripts", (tag, texts) => {
  const wrong = {
    de: /\b(du|dich|dir|dein\w*)\b/i,
    es: /\b(usted|su|sus|vosotros)\b/i,
    fr: /\b(tu|te|toi|ton|ta|tes)\b/i,
  }[tag];
  for (const [path, text] of flatten(texts)) expect(text, path).not.toMatch(wrong ?? /(?!)/);
});

test("French has a no-break space before double punctuation", () => {
  for (const [path, text] of flatten(textsFor(["fr"])))
    expect(text, path).not.toMatch(/(?<!\u00a0)[:!?;]/);
});

test.each(Object.values(LANGUAGES))(
  "buttons that send have different names in $locale",
  (texts) => {
    const names = [texts.chat.send, texts.feedback.send, texts.options.save];
    expect(new Set(names).size).toBe(names.length);
  },
);

test.each([
  ["es", "es"],
  ["es-MX", "es"],
  ["DE_at", "de"],
  ["pt-BR", "en"],
  ["", "en"],
  ["constructor", "en"],
])("textsFor %s returns %s", (tag, expected) => {
  expect(textsFor([tag]).locale).toBe(expected);
});

test("textsFor uses the first available language", () => {
  expect(textsFor([undefined, null, "pt", "fr-CA", "de"]).locale).toBe("fr");
  expect(textsFor([]).locale).toBe("en");
});

test("textsFor replaces words with the host's labels", () => {
  const labels = { en: { continue: { label: "Start the course" }, guide: "Mia" } };
  const texts = textsFor(["en-GB"], labels);
  expect(texts.continue).toEqual({ ...english_.continue, label: "Start the course" });
  expect(texts.guide).toBe("Mia");
  expect(textsFor(["de"], labels)).toBe(LANGUAGES["de"]);
});

test("textsFor adds the languages of the labels, with English for what is missing", () => {
  const labels = { it: { you: "Tu" }, "de-CH": { you: "Sie" } };
  const italian = textsFor(["it-IT"], labels);
  expect([italian.locale, italian.you, italian.guide]).toEqual(["it", "Tu", english_.guide]);
  const swiss = textsFor(["de-ch"], labels);
  expect([swiss.locale, swiss.guide]).toEqual(["de-CH", LANGUAGES["de"]?.guide]);
  expect(textsFor(["de-AT"], labels).locale).toBe("de");
});

test("labels can reword what the trainee must see, but not empty it", () => {
  const emptied = textsFor(["en"], { en: { aiAvatar: " ", aiLabel: "", recording: "" } });
  expect([emptied.aiAvatar, emptied.aiLabel, emptied.recording]).toEqual([
    english_.aiAvatar,
    english_.aiLabel,
    english_.recording,
  ]);
  expect(textsFor(["en"], { en: { aiLabel: "AI coach" } }).aiLabel).toBe("AI coach");
});
