import { createContext, useContext } from "react";

import { browserLanguages, type Texts, textsFor } from "./index.js";

export const TextsContext = createContext<Texts | undefined>(undefined);

/**
 * The texts in the language of the surrounding greeting; outside one, in the browser's language.
 */
export function useTexts(): Texts {
  return useContext(TextsContext) ?? textsFor(...browserLanguages());
}
