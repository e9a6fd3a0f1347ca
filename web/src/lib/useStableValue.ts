import { useState } from "react";

/**
 * The same object for as long as its content stays the same, so that an effect can depend on it.
 *
 * Args:
 *   value: plain data; compared as JSON.
 */
export function useStableValue<T>(value: T): T {
  const [stable, setStable] = useState(value);
  if (JSON.stringify(stable) === JSON.stringify(value)) return stable;
  setStable(value);
  return value;
}
