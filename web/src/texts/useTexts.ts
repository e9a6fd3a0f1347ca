import { createContext, useContext, useMemo, useSyncExternalStore } from "react";

import { browserLanguages, type Texts, textsFor } from "./index.js";

export const TextsContext = createContext<Texts | undefined>(undefined);

/**
 * The texts in the language of the surrounding greeting; outside one, in the browser's language.
 */
export function useTexts(): Texts {
  const languages = useBrowserLanguages();
  return useContext(TextsContext) ?? textsFor(languages);
}

/**
 * The languages of the host page and of the browser. Empty on a server and while the page hydrates,
 * so that both render the same.
 */
export function useBrowserLanguages(): string[] {
  const tags = useSyncExternalStore(doNotSubscribe, browserSnapshot, serverSnapshot);
  return useMemo(() => tags.split(" "), [tags]);
}

const doNotSubscribe = () => () => undefined;
/** Text, because React compares snapshots by identity. */
const browserSnapshot = () => browserLanguages().join(" ");
const serverSnapshot = () => "";
