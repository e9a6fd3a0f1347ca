/** Chooses the page's language. */
import { de } from "./de.js";
import { en } from "./en.js";
import { es } from "./es.js";
import { fr } from "./fr.js";
import type { Labels, PartialTexts, Texts } from "./types.js";

export type { Labels, PartialTexts, Texts } from "./types.js";

/** By lower-case BCP 47 tag; a regional entry (`pt-br`) is preferred to its language. */
export const LANGUAGES: Readonly<Record<string, Texts>> = { en, es, fr, de };

/**
 * The texts of the first tag that is available, by its exact tag or its language; else English.
 *
 * Args:
 *   labels: the host's own words; they replace the page's.
 */
export function textsFor(tags: readonly (string | null | undefined)[], labels: Labels = {}): Texts {
  for (const tag of tags) {
    const exact = normalized(tag ?? "");
    const found = find(exact, labels) ?? find(languageOf(exact), labels);
    if (found !== undefined) return found;
  }
  return find("en", labels) ?? en;
}

function find(tag: string, labels: Labels): Texts | undefined {
  const known = Object.hasOwn(LANGUAGES, tag) ? LANGUAGES[tag] : undefined;
  const own = Object.entries(labels).find(([key]) => normalized(key) === tag);
  if (own === undefined) return known;
  const [locale, words] = own;
  const texts: Texts = { ...(known ?? LANGUAGES[languageOf(tag)] ?? en), locale };
  return merged(texts, words);
}

/** A host may reword them, but the trainee must see them: empty ones are ignored. */
const DISCLOSURES: ReadonlySet<string> = new Set(["aiAvatar", "aiLabel", "recording"]);

/** `texts` with the words that the host gives; its groups of words are merged one by one. */
function merged(texts: Texts, words: PartialTexts): Texts {
  const given = Object.entries(words).filter(
    ([key, value]) => !DISCLOSURES.has(key) || (typeof value === "string" && value.trim() !== ""),
  );
  const groups = given.map(([key, value]) => {
    const group = texts[key as keyof Texts];
    return [key, typeof group === "object" ? { ...group, ...(value as object) } : value];
  });
  return { ...texts, ...(Object.fromEntries(groups) as Partial<Texts>) };
}

function normalized(tag: string): string {
  return tag.toLowerCase().replaceAll("_", "-");
}

function languageOf(tag: string): string {
  return tag.split("-", 1)[0] ?? "";
}

/**
 * The languages of the host page and of the browser, used until the greeting's language is known.
 */
export function browserLanguages(): string[] {
  return [document.documentElement.lang, ...navigator.languages];
}
