/** What the Continue button does: end the greeting, find out where to go, and go there, once. */
import { useEffect, useRef, useState } from "react";

import { type EndpointClient, GreetingEndpointError } from "../endpoint/endpointClient.js";
import { safeUrl } from "../lib/safeUrl.js";
import { resultWithin } from "../lib/timing.js";
import { useStableCallback } from "../lib/useStableCallback.js";
import { type GreetingState, hasGreetingToEnd, opensVideoByItself } from "./greetingState.js";

/** How long Continue waits for an endpoint that has not answered yet and may know the address. */
export const CONTINUE_URL_TIMEOUT_MS = 1_500;
/** The agent's last word can be heard, and the trainee sees what is about to happen. */
const OPEN_VIDEO_AFTER_MS = 1_500;

/** `nowhere`: no usable address is known. */
export type Leaving = "no" | "going" | "nowhere";

/** See `GreetingOptions`. */
interface ContinueOptions {
  continueUrl?: string | undefined;
  continueTarget?: string | undefined;
  onContinue?: ((url: string | undefined) => unknown) | undefined;
}

/**
 * `leave` is for the button; the agent's `continue` calls it too, after a moment.
 *
 * Args:
 *   end: ends the greeting; resolves within 1.5 s and never rejects.
 */
export function useContinue(
  endpoint: EndpointClient,
  state: GreetingState,
  end: () => Promise<void>,
  { continueUrl, continueTarget, onContinue }: ContinueOptions,
): { leaving: Leaving; leave: () => void } {
  const [leaving, setLeaving] = useState<Leaving>("no");
  const left = useRef(false);

  const goOn = async () => {
    const [known] = await Promise.all([
      state.fallback?.continueUrl ?? continueUrlFrom(endpoint),
      hasGreetingToEnd(state) ? end() : undefined,
    ]);
    const url = safeUrl(known) ?? safeUrl(continueUrl);
    if (onContinue !== undefined && (await answerOf(() => onContinue(url))) !== "navigate") return;
    if (url !== undefined && navigate(url, continueTarget)) return;
    left.current = false;
    setLeaving(url === undefined ? "nowhere" : "no");
  };

  const leave = () => {
    if (left.current) return;
    left.current = true;
    setLeaving("going");
    void goOn();
  };

  const byItself = opensVideoByItself(state);
  const leaveByItself = useStableCallback(leave);
  useEffect(() => {
    if (!byItself) return;
    const timer = setTimeout(leaveByItself, OPEN_VIDEO_AFTER_MS);
    return () => clearTimeout(timer);
  }, [byItself, leaveByItself]);

  return { leaving, leave };
}

/** What the host's own code answers. If it fails, the page navigates: the trainee must not be stuck. */
async function answerOf(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    reportError(error);
    return "navigate";
  }
}

/** False if the browser refuses: a frame may change its parent's address only after a click. */
function navigate(url: string, target: string | undefined): boolean {
  if (target !== undefined) return window.open(url, target) !== null;
  location.assign(url);
  return true;
}

async function continueUrlFrom(endpoint: EndpointClient): Promise<string | undefined> {
  const answer = endpoint.requestToken().then(
    (token) => token.fallback,
    (error: unknown) => (error instanceof GreetingEndpointError ? error.fallback : undefined),
  );
  return (await resultWithin(answer, CONTINUE_URL_TIMEOUT_MS))?.continueUrl;
}
