/**
 * What platforms and languages write if they have no name. The agent's rules are in
 * `agent/core/names/placeholders.py`.
 */
const NO_NAME =
  /^(?:null|undefined|none|nan|n\/?a|nil|unknown|anonymous|unbekannt|inconnu|desconocido|user|guest|test)[\s_\d-]*(?:user)?$/i;
const NA_AND_NAN_ARE_NAMES = /^(?:Na|Nan|Nil)$/;
/** Two people, a placeholder, or letters that were lost or encoded twice: `M?ller`, `MÃ¼ller`. */
const UNREADABLE = /[@{}[\]<>&?%\\\ufffd]|[Â-ß][\u0080-\u009f\u00a1-\u00bf]/;
const HYPHENS = /[\u2010\u2011]/g;
/** Control and direction characters, which change how the text around a name is shown. */
const INVISIBLE = /[\p{Cc}\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;

/** The trainee's name as the heading shows it; undefined if it is none. */
export function shownName(name: string | undefined): string | undefined {
  const text = name?.replace(INVISIBLE, " ").replace(HYPHENS, "-").replace(/\s+/g, " ").trim();
  if (!text || !/\p{L}/u.test(text) || UNREADABLE.test(text)) return undefined;
  return NO_NAME.test(text) && !NA_AND_NAN_ARE_NAMES.test(text) ? undefined : text;
}
