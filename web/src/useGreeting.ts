import { useSession, type UseSessionReturn } from "@livekit/components-react";
import { TokenSource, type TokenSourceConfigurable } from "livekit-client";
import { useMemo } from "react";

import type { EndpointClient } from "./endpoint/endpointClient.js";
import { type GreetingOptions, useCallbacks, useEndpointClient } from "./greetingOptions.js";
import { useOffline } from "./lib/useOffline.js";
import { isReconnecting } from "./livekit/connection.js";
import { endGreeting } from "./livekit/endGreeting.js";
import type { Playback } from "./livekit/playbackReporter.js";
import { type AgentCalls, useAgentCalls } from "./livekit/useAgentCalls.js";
import { useAgentLiveness } from "./livekit/useAgentLiveness.js";
import { type AgentPresence, useAgentPresence } from "./livekit/useAgentPresence.js";
import { type Label, useLabelReporter } from "./livekit/labelReporter.js";
import { type Conversation, useCaptions } from "./livekit/useCaptions.js";
import { type Microphone, useMicrophone } from "./livekit/useMicrophone.js";
import { usePlayback } from "./livekit/usePlayback.js";
import { useSlowConnection } from "./livekit/useSlowConnection.js";
import { useStartTimeline } from "./livekit/startTimeline.js";
import { type GreetingState, isConversing } from "./state/greetingState.js";
import { type JoinOptions, JOIN_WITH_ALL } from "./state/joinOptions.js";
import { type Leaving, useContinue } from "./state/useContinue.js";
import { useGreetingState } from "./state/useGreetingState.js";

export interface UseGreetingResult {
  state: GreetingState;
  /** The agent in the room: what it does and its tracks; undefined while there is none. */
  agent: AgentPresence | undefined;
  /** The page is in the room, so the microphone can be used. */
  connected: boolean;
  /** The connection is interrupted, and LiveKit tries to restore it. */
  reconnecting: boolean;
  /** The trainee's own connection is slow, and has been for some seconds. */
  slowConnection: boolean;
  /** What was said and typed, and how to send a message. */
  conversation: Conversation;
  /**
   * Whether the browser plays sound. `unlock` lets it play, and must be called in a click;
   * `readAlong` goes on without sound.
   */
  playback: Playback;
  unlock: () => void;
  readAlong: () => void;
  microphone: Microphone;
  /** What the page asks of the agent: another name for the trainee, feedback, no recording. */
  calls: AgentCalls;
  /** What Continue does: `leave` ends the greeting and goes on, once. */
  leaving: Leaving;
  leave: () => void;
  /** Call it when your label is in view, for the disclosure receipt in the outcome. */
  labelShown: (label: Label) => void;
  /** LiveKit's session; `session.room` is for `RoomAudioRenderer`. */
  session: UseSessionReturn;
}

/**
 * A greeting without the page: connects at once and returns everything to show.
 *
 * It plays no sound by itself: render LiveKit's
 * `<RoomAudioRenderer room={session.room} muted={playback === "off"} />`. For
 * another attempt or session, mount the component again with another `key`.
 */
export function useGreeting(options: GreetingOptions): UseGreetingResult {
  return useGreetingAt(useEndpointClient(options), options);
}

export function useGreetingAt(
  endpoint: EndpointClient,
  options: Omit<GreetingOptions, "endpointUrl" | "authorization" | "headers">,
  join: JoinOptions = JOIN_WITH_ALL,
): UseGreetingResult {
  const session = useSession(useMemo(() => tokenSourceOf(endpoint), [endpoint]));
  const { room } = session;
  const connected = session.isConnected;
  const { deadAgentSid, late } = useAgentLiveness(room);
  const agent = useAgentPresence(room, deadAgentSid);
  const state = useGreetingState(endpoint, session, agent?.status);
  useCallbacks(state, options);

  const sound = usePlayback(room, join.sound);
  useStartTimeline(room, endpoint, sound.playback);
  const calls = useAgentCalls(room, endpoint);
  const end = () => endGreeting(room, endpoint, calls.feedbackSent());
  // The browser knows that it is offline about 15 s before LiveKit does.
  const offline = useOffline();
  const reconnecting = isReconnecting(session.connectionState) || (connected && offline);
  return {
    state,
    agent,
    connected,
    reconnecting,
    slowConnection: useSlowConnection(room, late),
    conversation: useCaptions(room),
    ...sound,
    microphone: useMicrophone(room, connected && isConversing(state), join),
    calls,
    ...useContinue(endpoint, state, end, options),
    labelShown: useLabelReporter(room),
    session,
  };
}

/**
 * A token source that never settles if there is no token: `useSession` asks when it mounts, to prepare
 * the connection, and would warn of a refusal in the host's console. `useGreetingState` reports the
 * refusal, and then does not connect.
 */
function tokenSourceOf({ requestToken }: EndpointClient): TokenSourceConfigurable {
  const never = () => new Promise<never>(() => undefined);
  return TokenSource.custom(async () => {
    const { serverUrl, participantToken } = await requestToken().catch(never);
    return { serverUrl, participantToken };
  });
}
