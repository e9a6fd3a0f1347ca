/** What a host gives to a greeting: its options and callbacks, and how they are used. */
import { useEffect, useState } from "react";

import {
  type Authorization,
  createEndpointClient,
  type EndpointClient,
  type RequestHeaders,
} from "./endpoint/endpointClient.js";
import { useStableCallback } from "./lib/useStableCallback.js";
import type { FailureReason, GreetingState } from "./state/greetingState.js";

export interface GreetingCallbacks {
  /**
   * Called instead of navigating, with the address if one is known. If it returns `"navigate"` or
   * fails, the page navigates as it does without this callback.
   */
  onContinue?: ((url: string | undefined) => unknown) | undefined;
  onStateChange?: ((state: GreetingState) => void) | undefined;
  /** Called once the greeting has ended, with the worker's end reason. */
  onEnded?: ((ending: { reason: string }) => void) | undefined;
  /** Called if there is no greeting, or it was lost. The page shows a welcome and Continue. */
  onError?: ((error: GreetingError) => void) | undefined;
}

export interface GreetingError {
  reason: FailureReason;
  /** The token endpoint's error code, if it answered with an error. */
  code: string | undefined;
  /** Another attempt may succeed. */
  retryable: boolean;
}

export interface GreetingOptions extends GreetingCallbacks {
  /** Full URL of `POST …/avatar-greeting/` for this trainee's session. */
  endpointUrl: string;
  /**
   * The `Authorization` header: its value, a bare token, or a function that gets one. Every request
   * uses the newest value.
   */
  authorization?: Authorization | undefined;
  /** More headers for every request, such as `{ "X-CSRFToken": … }` for your own backend. */
  headers?: RequestHeaders | undefined;
  /** Where Continue leads if the endpoint does not know. */
  continueUrl?: string | undefined;
  /** Where Continue opens, as a link's `target`: `_top` if the page is in an iframe. */
  continueTarget?: string | undefined;
}

/** The client of the token endpoint for one attempt. */
export function useEndpointClient(
  options: Pick<GreetingOptions, "endpointUrl" | "authorization" | "headers">,
): EndpointClient {
  const { endpointUrl, authorization, headers } = options;
  const newestAuthorization = useStableCallback(() =>
    typeof authorization === "function" ? authorization() : authorization,
  );
  const newestHeaders = useStableCallback(() => headers);
  const [endpoint] = useState(() =>
    createEndpointClient({
      endpointUrl,
      authorization: newestAuthorization,
      headers: newestHeaders,
    }),
  );
  return endpoint;
}

/** Tell the host about every state, and once about an end or an error. */
export function useCallbacks(state: GreetingState, callbacks: GreetingCallbacks): void {
  const onState = useStableCallback(() => tellHost(() => callbacks.onStateChange?.(state)));
  useEffect(onState, [state, onState]);

  const onOver = useStableCallback(() => {
    if (state.phase === "ended") {
      const { reason } = state;
      tellHost(() => callbacks.onEnded?.({ reason }));
    } else if (state.phase === "failed") {
      const { reason, code, retryable } = state;
      tellHost(() => callbacks.onError?.({ reason, code, retryable }));
    }
  });
  useEffect(onOver, [state.phase, onOver]);
}

/** An error in the host's own code must not end the greeting. */
function tellHost(call: () => void): void {
  try {
    call();
  } catch (error) {
    reportError(error);
  }
}
