/** The guide as the page shows it: name and picture. */
import { createContext, useContext } from "react";

import { useTexts } from "./useTexts.js";

export interface Guide {
  /** Undefined until it is known; the page then says "your guide". */
  name: string | undefined;
  /** URL of a picture, shown while there is no video; undefined shows a drawing. */
  poster: string | undefined;
}

export const GuideContext = createContext<Guide>({ name: undefined, poster: undefined });

/** The guide's name, or "your guide", and the picture. */
export function useGuide(): { name: string; poster: string | undefined } {
  const { name, poster } = useContext(GuideContext);
  const { guide } = useTexts();
  return { name: name ?? guide, poster };
}
