import { useEffect, useState } from "react";

import type { Fallback, GreetingEndpoint, Introduction } from "./greetingEndpoint.js";

interface Known {
  /** What the endpoint says about the greeting; undefined until it has answered. */
  introduction: Introduction | undefined;
  fallback: Fallback | undefined;
  /** The trainee's name as the agent says it. */
  traineeName: string | undefined;
  /** The trainee was in the room with the agent before. */
  rejoins: boolean;
  /** There will be no greeting. */
  refused: boolean;
}

/** Request the greeting at once, so that the avatar is on its way, and return what is known of it. */
export function useIntroduction(endpoint: GreetingEndpoint): Known {
  const [known, setKnown] = useState<Known>({
    introduction: undefined,
    fallback: undefined,
    traineeName: undefined,
    rejoins: false,
    refused: false,
  });
  useEffect(() => {
    const stop = new AbortController();
    endpoint.requestToken().then(
      ({ introduction, fallback, traineeName, rejoins }) => {
        if (stop.signal.aborted) return;
        setKnown({ introduction, fallback, traineeName, rejoins, refused: false });
      },
      () => {
        if (!stop.signal.aborted) setKnown((before) => ({ ...before, refused: true }));
      },
    );
    return () => stop.abort();
  }, [endpoint]);
  return known;
}
