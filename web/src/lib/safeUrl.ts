/** The absolute URL if it is http or https; undefined for `javascript:` and every other scheme. */
export function safeUrl(url: string | undefined): string | undefined {
  if (url === undefined || url === "") return undefined;
  try {
    const { protocol, href } = new URL(url, location.href);
    return protocol === "http:" || protocol === "https:" ? href : undefined;
  } catch {
    return undefined;
  }
}
