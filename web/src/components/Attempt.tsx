/** One attempt to greet, from the first screen on. */
import { useMemo, useState } from "react";

import type { EndpointClient, Fallback, Introduction } from "../endpoint/endpointClient.js";
import { useToken } from "../endpoint/useToken.js";
import { useCallbacks, useEndpointClient } from "../greetingOptions.js";
import { resultWithin } from "../lib/timing.js";
import { useKept } from "../lib/useKept.js";
import { type GreetingState, initialGreetingState } from "../state/greetingState.js";
import { type JoinOptions, JOIN_WITH_ALL, REJOIN } from "../state/joinOptions.js";
import { CONTINUE_URL_TIMEOUT_MS, useContinue } from "../state/useContinue.js";
import { GuideContext } from "../texts/guide.js";
import type { AvatarGreetingProps } from "./AvatarGreeting.js";
import { ContinueButton } from "./ContinueButton.js";
import { Ending } from "./Ending.js";
import { ErrorBoundary } from "./ErrorBoundary.js";
import { Greeting } from "./Greeting.js";
import { Layout } from "./Layout.js";
import { PreJoin } from "./PreJoin.js";

/** The agent waits at least this long for the trainee; TRAINEE_JOIN_TIMEOUT_S is 15 s by default. */
const AGENT_WAITS_MS = 10_000;

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
export function Attempt(props: AttemptProps) {
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
  const endpoint = useEndpointClient(props);
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
  endpoint: EndpointClient;
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
  props: AvatarGreetingProps & { endpoint: EndpointClient; state: GreetingState },
) {
  const { endpoint, state } = props;
  useCallbacks(state, props);
  const end = () => resultWithin(endpoint.end("continue"), CONTINUE_URL_TIMEOUT_MS);
  return <ContinueButton {...useContinue(endpoint, state, end, props)} />;
}
