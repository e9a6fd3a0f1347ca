import { useEffect, useState } from "react";

import type { EndpointClient, GreetingToken } from "./endpointClient.js";

interface Answer {
  /** Undefined until the endpoint has answered. */
  token?: GreetingToken;
  /** There will be no greeting. */
  refused?: boolean;
}

/** Request the greeting at once, so that the avatar is on its way, and return the answer. */
export function useToken(endpoint: EndpointClient): Answer {
  const [answer, setAnswer] = useState<Answer>({});
  useEffect(() => {
    let stopped = false;
    const set = (received: Answer) => {
      if (!stopped) setAnswer(received);
    };
    endpoint.requestToken().then(
      (token) => set({ token }),
      () => set({ refused: true }),
    );
    return () => {
      stopped = true;
    };
  }, [endpoint]);
  return answer;
}
