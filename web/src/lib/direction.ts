/** Languages that are written from right to left, by their primary subtag. */
const RIGHT_TO_LEFT = new Set(["ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"]);

/** The writing direction of a language, for `dir`. */
export function directionOf(locale: string): "ltr" | "rtl" {
  // `Intl.Locale.prototype.getTextInfo` is missing in Firefox.
  return RIGHT_TO_LEFT.has(locale.toLowerCase().split("-", 1)[0] ?? "") ? "rtl" : "ltr";
}
