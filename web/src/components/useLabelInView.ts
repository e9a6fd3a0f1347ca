import { createContext, useContext, useEffect, useRef } from "react";

import type { Label } from "../livekit/labelReporter.js";

/** Reports a visible label; outside a greeting, nothing is reported. */
export const LabelReportContext = createContext<(label: Label) => void>(() => undefined);

/** A fraction, because the size of an element is rarely a whole number of pixels. */
const VISIBLE = 0.9;

/**
 * The ref for the element of a label. Reports when the element is in view.
 *
 * @param present whether the label has its text.
 */
export function useLabelInView<E extends Element>(label: Label, present = true) {
  const element = useRef<E>(null);
  const report = useContext(LabelReportContext);
  useEffect(() => {
    if (!present || element.current === null || !("IntersectionObserver" in globalThis)) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.intersectionRatio >= VISIBLE)) return;
        report(label);
        observer.disconnect();
      },
      { threshold: VISIBLE },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [label, present, report]);
  return element;
}
