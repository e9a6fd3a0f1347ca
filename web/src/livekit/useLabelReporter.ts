import type { Room } from "livekit-client";
import { useEffect, useState } from "react";

import { type Label, LabelReporter } from "./labelReporter.js";

/** A function that reports a visible label to the agents in the room. */
export function useLabelReporter(room: Room): (label: Label) => void {
  const [reporter] = useState(() => new LabelReporter(room));
  useEffect(() => reporter.start(), [reporter]);
  return reporter.shown;
}
