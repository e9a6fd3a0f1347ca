/**
 * The whole greeting: from the first "Connecting…" to "Continue to Training Video".
 *
 * Whatever fails, two things stay: a welcome, and the way on.
 */
import { useCallback, useEffect, useState } from "react";

import { ContinueButton } from "./ContinueButton.js";
import { type Authorization, createGreetingEndpoint, type GreetingEndpoint } from "./endpoint.js";
import { Ending } from "./Ending.js";
import { ErrorBoundary } from "./ErrorBoundary.js";
import { Frame } from "./Frame.js";
import { Greeting } from "./Greeting.js";
import type { GreetingState } from "./greetingReducer.js";
import { after } from "./leave.js";
import { LEARN_WHERE_WITHIN_MS, useContinue } from "./useContinue.js";
import { languagesHere, wordsFor } from "./words/index.js";
import { WordsContext } from "./words/useWords.js";

export interface AvatarGreetingProps {
  /** Full URL of `POST …/avatar-greeting/` for this trainee's session. */
  endpointUrl: string;
  /** For the `Authorization` header: its value, a bare token, or a function that gets one. */
  authorization?: Authorization | undefined;
  /** Shown in the heading; the guide knows the name from the platform. */
  traineeName?: string | undefined;
  /**
   * The language to begin in, as a BCP 47 tag; by default the document's, then the browser's. The
   * endpoint and the guide know better, and from their first word on the page follows them.
   */
  locale?: string | undefined;
  /** Where Continue leads if the endpoint cannot say. */
  continueUrl?: string | undefined;
  /** Called instead of navigating, with the address if one is known. */
  onContinue?: ((url: string | undefined) => void) | undefined;
  onStateChange?: ((state: GreetingState) => void) | undefined;
}

export function AvatarGreeting(props: AvatarGreetingProps) {
  const [attempt, setAttempt] = useState(0);
  // Kept through all attempts: who was greeted in Spanish tries again in Spanish.
  const [learned, setLearned] = useState<string>();
  const again = useCallback(() => setAttempt((count) => count + 1), []);

  useEffect(() => {
    // Back from the browser's page cache, where the connection could not live.
    const onShow = (event: PageTransitionEvent) => {
      if (event.persisted) again();
    };
    window.addEventListener("pageshow", onShow);
    return () => window.removeEventListener("pageshow", onShow);
  }, [again]);

  const onStateChange = (state: GreetingState) => {
    if (state.locale !== undefined) setLearned(state.locale);
    props.onStateChange?.(state);
  };
  return (
    <WordsContext value={wordsFor(learned, props.locale, ...languagesHere())}>
      <Attempt
        key={`${attempt} ${props.endpointUrl}`}
        {...props}
        onStateChange={onStateChange}
        again={again}
      />
    </WordsContext>
  );
}

type AttemptProps = AvatarGreetingProps & {
  onStateChange: (state: GreetingState) => void;
  again: () => void;
};

const PAGE_BROKEN: GreetingState = {
  phase: "failed",
  reason: "page_error",
  retryable: true,
  fallback: undefined,
  locale: undefined,
};

/** One try: one seat, one connection, one end. */
function Attempt(props: AttemptProps) {
  const { endpointUrl, authorization, traineeName, again } = props;
  const [endpoint] = useState(() => createGreetingEndpoint({ endpointUrl, authorization }));
  return (
    <ErrorBoundary
      fallback={
        <Frame
          state={PAGE_BROKEN}
          traineeName={traineeName}
          stage={<Ending state={PAGE_BROKEN} again={again} />}
          footer={<BrokenPageContinue {...props} endpoint={endpoint} />}
        />
      }
    >
      <Greeting {...props} endpoint={endpoint} />
    </ErrorBoundary>
  );
}

/** Continue on a page whose greeting broke: the endpoint may still know how to end it. */
function BrokenPageContinue(props: AttemptProps & { endpoint: GreetingEndpoint }) {
  const { endpoint, continueUrl, onContinue } = props;
  const end = () => Promise.race([endpoint.end("continue"), after(LEARN_WHERE_WITHIN_MS)]);
  const { leaving, leave } = useContinue({
    endpoint,
    state: PAGE_BROKEN,
    end,
    continueUrl,
    onContinue,
  });
  return <ContinueButton leaving={leaving} leave={leave} />;
}
