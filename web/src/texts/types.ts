import type { en } from "./en.js";

/** Every text of the page itself, in one language. */
export type Texts = typeof en;

/**
 * The host's own words, by BCP 47 tag. An entry replaces words of that language, or adds a language
 * whose missing words are English.
 */
export type Labels = Readonly<Record<string, PartialTexts>>;

export type PartialTexts = {
  readonly [Key in Exclude<keyof Texts, "locale" | "page">]?: Texts[Key] extends string
    ? string
    : Partial<Texts[Key]>;
};
