import { RoomAudioRenderer, SessionProvider, useSession } from "@livekit/components-react";
import { useEffect } from "react";

import type { GreetingEndpoint } from "../endpoint/greetingEndpoint.js";
import { useStableCallback } from "../lib/useStableCallback.js";
import { isReconnecting } from "../livekit/connection.js";
import { endGreeting } from "../livekit/endGreeting.js";
import { useAgentLiveness } from "../livekit/useAgentLiveness.js";
import { useAgentPresence } from "../livekit/useAgentPresence.js";
import { useCaptions } from "../livekit/useCaptions.js";
import { useMicrophone } from "../livekit/useMicrophone.js";
import { usePlayback } from "../livekit/usePlayback.js";
import { useStartTimeline } from "../livekit/useStartTimeline.js";
import { type GreetingState, isOver } from "../state/greetingState.js";
import { useContinue } from "../state/useContinue.js";
import { useGreetingState } from "../state/useGreetingState.js";
import { textsFor } from "../texts/index.js";
import { TextsContext, useTexts } from "../texts/useTexts.js";
import type { AvatarGreetingProps } from "./AvatarGreeting.js";
import { GreetingView } from "./GreetingView.js";

type GreetingProps = Pick<AvatarGreetingProps, "traineeName" | "continueUrl" | "onContinue"> & {
  endpoint: GreetingEndpoint;
  onStateChange: (state: GreetingState) => void;
  tryAgain: () => void;
};

/** One attempt to greet: the LiveKit session; `GreetingView` shows it. */
export function Greeting(props: GreetingProps) {
  const { endpoint, traineeName, continueUrl, onContinue, tryAgain } = props;
  const session = useSession(endpoint.tokenSource);
  const { room } = session;
  const agent = useAgentPresence(room, useAgentLiveness(room));
  const state = useGreetingState(endpoint, session, agent?.status);
  const over = isOver(state);

  const { playback, unlock } = usePlayback(room);
  useStartTimeline(room, endpoint, playback);
  const conversation = useCaptions(room);
  const microphone = useMicrophone(room, session.isConnected && !over);
  const end = () => endGreeting(room, endpoint);
  const { leaving, leave } = useContinue({ endpoint, state, end, continueUrl, onContinue });

  const outerTexts = useTexts();
  const texts = state.locale === undefined ? outerTexts : textsFor(state.locale, outerTexts.locale);

  const onStateChange = useStableCallback(props.onStateChange);
  useEffect(() => onStateChange(state), [state, onStateChange]);

  const reconnecting = isReconnecting(session.connectionState);

  return (
    <TextsContext.Provider value={texts}>
      <SessionProvider session={session}>
        <RoomAudioRenderer room={room} />
        <GreetingView
          {...{ state, agent, reconnecting, playback, unlock, microphone, leaving, leave }}
          connected={session.isConnected}
          traineeName={traineeName}
          conversation={conversation}
          tryAgain={tryAgain}
        />
      </SessionProvider>
    </TextsContext.Provider>
  );
}
