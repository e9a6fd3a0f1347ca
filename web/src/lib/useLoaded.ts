import { useEffect, useState } from "react";

/**
 * What `load` resolves with; undefined until then, and on a server. If it rejects, its error is thrown
 * while rendering. React's `lazy` would keep the error for all later attempts.
 *
 * Args:
 *   load: the same function each time.
 */
export function useLoaded<T>(load: () => Promise<T>): T | undefined {
  const [outcome, setOutcome] = useState<{ loaded: T } | { error: unknown }>();
  useEffect(() => {
    load().then(
      (loaded) => setOutcome({ loaded }),
      (error: unknown) => setOutcome({ error }),
    );
  }, [load]);
  if (outcome !== undefined && "error" in outcome) throw outcome.error;
  return outcome?.loaded;
}
