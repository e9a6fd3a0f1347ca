/** The words of the greeting that a component is in; elsewhere those of the page around it. */
import { createContext, useContext } from "react";

import { languagesHere, type Words, wordsFor } from "./index.js";

export const WordsContext = createContext<Words | undefined>(undefined);

export function useWords(): Words {
  return useContext(WordsContext) ?? wordsFor(...languagesHere());
}
