import { useCallback, useInsertionEffect, useRef } from "react";

/**
 * A function that keeps its identity and calls the newest `callback`, so that an effect can depend
 * on it. Call it only in effects and event handlers.
 *
 * React's own `useEffectEvent` does this from 19.2 on; this package supports React 18.
 */
export function useStableCallback<Args extends unknown[], Result>(
  callback: (...args: Args) => Result,
): (...args: Args) => Result {
  const newest = useRef(callback);
  // Runs before all other effects, and unlike a layout effect it does not warn on a server.
  useInsertionEffect(() => {
    newest.current = callback;
  });
  return useCallback((...args: Args) => newest.current(...args), []);
}
