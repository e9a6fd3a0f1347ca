import { type ReactNode, useRef } from "react";

import { useKeptFocus } from "../lib/useKeptFocus.js";

/** Around every attempt to greet: it has the width of the host's box, and keeps the focus inside. */
export function Frame({ children }: { children: ReactNode }) {
  const frame = useRef<HTMLDivElement>(null);
  useKeptFocus(frame);
  return (
    <div ref={frame} className="tg-frame">
      {children}
    </div>
  );
}
