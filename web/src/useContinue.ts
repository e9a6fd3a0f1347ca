/** The way on: ends what there is to end, learns where to go if need be, and goes; once. */
import { useEffect, useEffectEvent, useRef, useState } from "react";

import { type GreetingEndpoint, GreetingEndpointError } from "./endpoint.js";
import { closingOf, type GreetingState } from "./greetingReducer.js";
import { after, safeUrl } from "./leave.js";

/** Who leaves before the endpoint has answered waits at most this long to learn where to go. */
export const LEARN_WHERE_WITHIN_MS = 1_500;
/** Lets the guide's last word sound out, and a trainee see what is about to happen. */
const GO_ON_AFTER_MS = 1_500;

export type Leaving = "no" | "going" | "nowhere";

interface Ways {
  endpoint: GreetingEndpoint;
  state: GreetingState;
  /** Ends the greeting; resolves within moments, never rejects. */
  end: () => Promise<void>;
  continueUrl: string | undefined;
  onContinue: ((url: string | undefined) => void) | undefined;
}

/** `leave` is Continue pressed; the guide's `continue` presses it after a moment. */
export function useContinue(ways: Ways): { leaving: Leaving; leave: () => void } {
  const { endpoint, state, end, continueUrl, onContinue } = ways;
  const [leaving, setLeaving] = useState<Leaving>("no");
  const gone = useRef(false);

  const go = async () => {
    // Elsewhere it goes on, or it is over, or it never was: there is nothing of ours to end.
    const nothingToEnd =
      state.phase === "ended" ||
      (state.phase === "failed" && (state.reason === "taken_over" || state.reason === "refused"));
    const [known] = await Promise.all([
      state.fallback?.continueUrl ?? whereTo(endpoint),
      nothingToEnd ? undefined : end(),
    ]);
    const url = safeUrl(known) ?? safeUrl(continueUrl);
    if (onContinue !== undefined) {
      onContinue(url);
    } else if (url !== undefined) {
      location.assign(url);
    } else {
      gone.current = false;
      setLeaving("nowhere");
    }
  };

  const leave = () => {
    if (gone.current) return;
    gone.current = true;
    setLeaving("going");
    void go();
  };

  const goesOn = closingOf(state) === "continue";
  const goOn = useEffectEvent(leave);
  useEffect(() => {
    if (!goesOn) return;
    const timer = setTimeout(() => goOn(), GO_ON_AFTER_MS);
    return () => clearTimeout(timer);
  }, [goesOn]);

  return { leaving, leave };
}

async function whereTo(endpoint: GreetingEndpoint): Promise<string | undefined> {
  const fallback = endpoint.seat().then(
    (seat) => seat.fallback,
    (error: unknown) => (error instanceof GreetingEndpointError ? error.fallback : undefined),
  );
  return (await Promise.race([fallback, after(LEARN_WHERE_WITHIN_MS)]))?.continueUrl;
}
