import { RoomContext } from "@livekit/components-react";
import type { Room } from "livekit-client";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import type { Fallback, GreetingEndpoint, Introduction } from "../endpoint/greetingEndpoint.js";
import { useToken } from "../endpoint/useToken.js";
import { useKept } from "../lib/useKept.js";
import { resultWithin } from "../lib/timing.js";
import {
  type GreetingState,
  hasGreetingToEnd,
  initialGreetingState,
} from "../state/greetingState.js";
import { DraftContext } from "../state/draft.js";
import {
  type JoinOptions,
  JOIN_WITH_ALL,
  readJoinOptions,
  REJOIN,
  writeJoinOptions,
} from "../state/joinOptions.js";
import { CONTINUE_URL_TIMEOUT_MS, useContinue } from "../state/useContinue.js";
import { GuideContext } from "../texts/guide.js";
import { type Labels, textsFor } from "../texts/index.js";
import { TextsContext, useBrowserLanguages } from "../texts/useTexts.js";
import { type GreetingOptions, useCallbacks, useGreetingEndpoint } from "../useGreeting.js";
import { ContinueButton } from "./ContinueButton.js";
import { Ending } from "./Ending.js";
import { ErrorBoundary } from "./ErrorBoundary.js";
import { Frame } from "./Frame.js";
import { Greeting } from "./Greeting.js";
import { Layout } from "./Layout.js";
import { PreJoin } from "./PreJoin.js";
import { KeptStill } from "./still.js";

/** The agent waits at least this long for the trainee; TRAINEE_JOIN_TIMEOUT_S is 15 s by default. */
const AGENT_WAITS_MS = 10_000;

export interface AvatarGreetingProps extends GreetingOptions {
  /**
   * Shown in the heading. The agent gets the name from the platform; once the endpoint has answered,
   * the heading shows that name as the agent says it, or none if the agent has none.
   */
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
  /**
   * URL of the guide's picture, shown instead of the drawing while there is no video. Default: the
   * script's, or POSTER_URL of the endpoint; without any, a drawing, then a still of the video.
   */
  poster?: string | undefined;
  /**
   * Begin with a screen that says what will happen and tests the microphone. The greeting is
   * requested at once, so the avatar is on its way meanwhile. Default: true.
   */
  preJoin?: boolean | undefined;
  /**
   * LiveKit's room, for options of your own; keep it the same. Default: a new one. A room of the page
   * around the greeting (`RoomContext`) is not used: it may belong to another call.
   */
  room?: Room | undefined;
}

/**
 * The whole greeting, from "Connecting…" to "Continue to Training Video". It always shows a welcome
 * and a Continue button, whatever fails.
 */
export function AvatarGreeting(props: AvatarGreetingProps) {
  return <Attempts key={props.endpointUrl} {...props} />;
}

/** All attempts to greet one trainee, and what is kept through them. */
function Attempts(props: AvatarGreetingProps) {
  const { endpointUrl, locale, labels } = props;
  const [attempt, setAttempt] = useState(0);
  // Kept through all attempts, so that "Try again" stays in the trainee's language.
  const [learnedLocale, setLearnedLocale] = useState<string>();
  const languages = useBrowserLanguages();
  const [draft = "", setDraft] = useKept("sessionStorage", `draft:${endpointUrl}`);
  // A second tab takes the conversation over without asking again, too: if the trainee closes the
  // first one, the agent waits only a few seconds.
  const [joined, keepJoined] = useKept("localStorage", `join:${endpointUrl}`);
  const newest = useRef<GreetingState>(initialGreetingState);
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
    newest.current = state;
    if (state.locale !== undefined) setLearnedLocale(state.locale);
    if (state.phase === "ended") keepJoined("");
    props.onStateChange?.(state);
  };
  const onContinue = (url: string | undefined) => {
    if (hasGreetingToEnd(newest.current)) keepJoined("");
    return props.onContinue === undefined ? "navigate" : props.onContinue(url);
  };
  const texts = useMemo(
    () => textsFor([learnedLocale, locale, ...languages], labels),
    [learnedLocale, locale, languages, labels],
  );
  return (
    <TextsContext.Provider value={texts}>
      <DraftContext.Provider value={useMemo(() => [draft, setDraft], [draft, setDraft])}>
        <RoomContext.Provider value={props.room}>
          <Frame>
            <KeptStill>
              <Attempt
                key={attempt}
                {...props}
                {...{ onStateChange, onContinue, tryAgain }}
                kept={readJoinOptions(joined)}
                keepJoin={(options) => keepJoined(writeJoinOptions(options))}
              />
            </KeptStill>
          </Frame>
        </RoomContext.Provider>
      </DraftContext.Provider>
    </TextsContext.Provider>
  );
}

type AttemptProps = AvatarGreetingProps & {
  tryAgain: () => void;
  /** How the trainee has joined this greeting before, for example before a reload. */
  kept: JoinOptions | undefined;
  keepJoin: (join: JoinOptions) => void;
};

const PAGE_ERROR: GreetingState = {
  ...initialGreetingState,
  phase: "failed",
  reason: "page_error",
  retryable: true,
};

/** One attempt: one token, one connection, one end. */
function Attempt(props: AttemptProps) {
  const { tryAgain, kept, preJoin = true } = props;
  // Undefined until the trainee has left the pre-join screen. At the end, the options are no longer
  // kept, but the screen does not return.
  const [join, setJoin] = useState<JoinOptions>();
  const changeJoin = (change: Partial<JoinOptions>) => {
    const changed = { ...JOIN_WITH_ALL, ...join, ...change };
    setJoin(changed);
    props.keepJoin(changed);
  };
  const [chosenName, keepName] = useKept("sessionStorage", `name:${props.endpointUrl}`);
  const endpoint = useGreetingEndpoint(props);
  const { token, refused } = useToken(endpoint);
  const { introduction, fallback } = token ?? {};
  const traineeName =
    chosenName ?? (props.traineeName && (token ? token.traineeName : props.traineeName));
  const initially = kept ?? (!preJoin ? JOIN_WITH_ALL : token?.rejoins ? REJOIN : undefined);
  if (join === undefined && initially !== undefined) setJoin(initially);
  const name = props.guideName ?? introduction?.guide;
  const poster = props.poster ?? introduction?.poster;
  const guide = useMemo(() => ({ name, poster }), [name, poster]);
  return (
    <GuideContext.Provider value={guide}>
      <ErrorBoundary
        fallback={
          <Layout
            state={PAGE_ERROR}
            traineeName={traineeName}
            stage={<Ending state={PAGE_ERROR} tryAgain={tryAgain} />}
            footer={<EarlyContinue {...props} endpoint={endpoint} state={PAGE_ERROR} />}
          />
        }
      >
        {join === undefined && !refused ? (
          <BeforeJoining
            {...{ ...props, changeJoin, traineeName, endpoint, introduction, fallback }}
          />
        ) : (
          <Greeting
            {...{ ...props, endpoint, traineeName, chosenName, keepName, changeJoin }}
            join={join ?? JOIN_WITH_ALL}
          />
        )}
      </ErrorBoundary>
    </GuideContext.Provider>
  );
}

type BeforeJoiningProps = AttemptProps & {
  changeJoin: (options: JoinOptions) => void;
  endpoint: GreetingEndpoint;
  introduction: Introduction | undefined;
  fallback: Fallback | undefined;
};

/** The pre-join screen as a page. */
function BeforeJoining(props: BeforeJoiningProps) {
  const { endpoint, introduction, fallback, changeJoin, traineeName } = props;
  const state = useMemo<GreetingState>(
    () => ({ ...initialGreetingState, phase: "pre_join", fallback, locale: fallback?.locale }),
    [fallback],
  );
  const join = (options: JoinOptions) => {
    endpoint.forgetTokenOlderThan(AGENT_WAITS_MS);
    changeJoin(options);
  };
  return (
    <Layout
      state={state}
      traineeName={traineeName}
      stage={<PreJoin introduction={introduction} join={join} />}
      footer={<EarlyContinue {...props} state={state} />}
    />
  );
}

/** Continue while the page is not in the room, so only the endpoint ends the greeting. */
function EarlyContinue(
  props: AvatarGreetingProps & { endpoint: GreetingEndpoint; state: GreetingState },
) {
  const { endpoint, state } = props;
  useCallbacks(state, props);
  const end = () => resultWithin(endpoint.end("continue"), CONTINUE_URL_TIMEOUT_MS);
  return <ContinueButton {...useContinue(endpoint, state, end, props)} />;
}
