/** A text that begins with a capital letter. Scripts write choices as they are within a sentence. */
export function capitalised(text: string, locale: string): string {
  const [first = ""] = text;
  return first.toLocaleUpperCase(locale) + text.slice(first.length);
}
