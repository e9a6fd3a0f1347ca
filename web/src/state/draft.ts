/** What the trainee has typed and not sent. It outlives the field, so that no end loses it. */
import { createContext, useContext, useState } from "react";

type Draft = readonly [text: string, set: (text: string) => void];

export const DraftContext = createContext<Draft | undefined>(undefined);

/** The draft of the surrounding greeting; outside one, a draft of its own. */
export function useDraft(): Draft {
  const own = useState("");
  return useContext(DraftContext) ?? own;
}
