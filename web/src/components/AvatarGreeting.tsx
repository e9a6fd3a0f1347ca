import { useCallback, useEffect, useMemo, useState } from "react";

import type { GreetingEndpoint } from "../endpoint/greetingEndpoint.js";
import { resultWithin } from "../lib/timing.js";
import { type GreetingState, initialGreetingState } from "../state/greetingState.js";
import { DraftContext } from "../state/draft.js";
import { CONTINUE_URL_TIMEOUT_MS, useContinue } from "../state/useContinue.js";
import { GuideContext } from "../texts/guide.js";
import { type Labels, textsFor } from "../texts/index.js";
import { TextsContext, useBrowserLanguages } from "../texts/useTexts.js";
import { type GreetingOptions, useCallbacks, useGreetingEndpoint } from "../useGreeting.js";
import { ContinueButton } from "./ContinueButton.js";
import { Ending } from "./Ending.js";
import { ErrorBoundary } from "./ErrorBoundary.js";
import { Greeting } from "./Greeting.js";
import { Layout } from "./Layout.js";

export interface AvatarGreetingProps extends GreetingOptions {
  /** Shown in the heading. The agent gets the name from the platform. */
  traineeName?: string | undefined;
  /**
   * BCP 47 tag of the language to begin in; by default the document's, then the browser's. As soon
   * as the language of the greeting is known, the page uses it.
   */
  locale?: string | undefined;
  /** Your own words, by language: they replace the page's, or add a language. */
  labels?: Labels | undefined;
  /** The guide's name. Default: the name in the script, or "Your guide". */
  guideName?: string | undefined;
  /** URL of the guide's picture, shown instead of the drawing while there is no video. */
  poster?: string | undefined;
}

/**
 * The whole greeting, from "Connecting…" to "Continue to Training Video". It always shows a welcome
 * and a Continue button, whatever fails.
 */
export function AvatarGreeting(props: AvatarGreetingProps) {
  const [attempt, setAttempt] = useState(0);
  // Kept through all attempts, so that "Try again" stays in the trainee's language.
  const [learnedLocale, setLearnedLocale] = useState<string>();
  const languages = useBrowserLanguages();
  const draft = useState("");
  const tryAgain = useCallback(() => setAttempt((count) => count + 1), []);

  useEffect(() => {
    // A page that returns from the browser's back/forward cache has lost its connection.
    const onShow = (event: PageTransitionEvent) => {
      if (event.persisted) tryAgain();
    };
    window.addEventListener("pageshow", onShow);
    return () => window.removeEventListener("pageshow", onShow);
  }, [tryAgain]);

  const onStateChange = (state: GreetingState) => {
    if (state.locale !== undefined) setLearnedLocale(state.locale);
    props.onStateChange?.(state);
  };
  const { locale, labels, guideName, poster } = props;
  const texts = useMemo(
    () => textsFor([learnedLocale, locale, ...languages], labels),
    [learnedLocale, locale, languages, labels],
  );
  const guide = useMemo(() => ({ name: guideName, poster }), [guideName, poster]);
  return (
    <TextsContext.Provider value={texts}>
      <GuideContext.Provider value={guide}>
        <DraftContext.Provider value={draft}>
          <Attempt
            key={`${attempt} ${props.endpointUrl}`}
            {...props}
            onStateChange={onStateChange}
            tryAgain={tryAgain}
            takesFocus={attempt > 0}
          />
        </DraftContext.Provider>
      </GuideContext.Provider>
    </TextsContext.Provider>
  );
}

type AttemptProps = AvatarGreetingProps & { tryAgain: () => void; takesFocus: boolean };

const PAGE_ERROR: GreetingState = {
  ...initialGreetingState,
  phase: "failed",
  reason: "page_error",
  retryable: true,
};

/** One attempt: one token, one connection, one end. */
function Attempt(props: AttemptProps) {
  const { traineeName, tryAgain } = props;
  const endpoint = useGreetingEndpoint(props);
  return (
    <ErrorBoundary
      fallback={
        <Layout
          state={PAGE_ERROR}
          traineeName={traineeName}
          stage={<Ending state={PAGE_ERROR} tryAgain={tryAgain} />}
          footer={<PageErrorContinue {...props} endpoint={endpoint} />}
        />
      }
    >
      <Greeting {...props} endpoint={endpoint} />
    </ErrorBoundary>
  );
}

/**
 * Continue after an error on the page: the room is out of reach, so only the endpoint ends the
 * greeting.
 */
function PageErrorContinue(props: AttemptProps & { endpoint: GreetingEndpoint }) {
  const { endpoint, continueUrl, continueTarget, onContinue } = props;
  useCallbacks(PAGE_ERROR, props);
  const end = () => resultWithin(endpoint.end("continue"), CONTINUE_URL_TIMEOUT_MS);
  const { leaving, leave } = useContinue({
    endpoint,
    state: PAGE_ERROR,
    end,
    continueUrl,
    continueTarget,
    onContinue,
  });
  return <ContinueButton leaving={leaving} leave={leave} />;
}
