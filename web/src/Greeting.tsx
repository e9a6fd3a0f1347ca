/** One greeting as it goes on: the session, and the parts of the page that show it. */
import { RoomAudioRenderer, SessionProvider, useSession } from "@livekit/components-react";
import { ConnectionState } from "livekit-client";
import { useEffect, useEffectEvent } from "react";

import type { AvatarGreetingProps } from "./AvatarGreeting.js";
import { CaptionList, ChatInput } from "./Captions.js";
import { ContinueButton } from "./ContinueButton.js";
import type { GreetingEndpoint } from "./endpoint.js";
import { Ending } from "./Ending.js";
import { Frame } from "./Frame.js";
import { type GreetingState, standsOut } from "./greetingReducer.js";
import { endGreeting } from "./leave.js";
import { MicrophoneButton } from "./MicrophoneButton.js";
import { Stage } from "./Stage.js";
import { useCaptions } from "./useCaptions.js";
import { useContinue } from "./useContinue.js";
import { useGreetingState } from "./useGreetingState.js";
import { useGuide } from "./useGuide.js";
import { useHearing } from "./useHearing.js";
import { useMicrophone } from "./useMicrophone.js";
import { usePulse } from "./usePulse.js";
import { useStartTimeline } from "./useStartTimeline.js";
import { wordsFor } from "./words/index.js";
import { useWords, WordsContext } from "./words/useWords.js";

type GreetingProps = Pick<AvatarGreetingProps, "traineeName" | "continueUrl" | "onContinue"> & {
  endpoint: GreetingEndpoint;
  onStateChange: (state: GreetingState) => void;
  again: () => void;
};

export function Greeting(props: GreetingProps) {
  const { endpoint, traineeName, continueUrl, onContinue, again } = props;
  const outer = useWords();
  const session = useSession(endpoint.tokenSource);
  const { room } = session;
  const guide = useGuide(room, usePulse(room));
  const state = useGreetingState(endpoint, session, guide);
  const { sound, unlock } = useHearing(room);
  useStartTimeline(room, endpoint, sound);
  const { captions, send } = useCaptions(room);
  const microphone = useMicrophone(room, session.isConnected);
  const end = () => endGreeting(room, endpoint);
  const { leaving, leave } = useContinue({ endpoint, state, end, continueUrl, onContinue });

  const words = state.locale === undefined ? outer : wordsFor(state.locale, outer.locale);

  const onStateChange = useEffectEvent(props.onStateChange);
  useEffect(() => onStateChange(state), [state]);

  const over = state.phase === "ended" || state.phase === "failed";
  const live = state.phase === "greeting";
  const written = live && state.mode === "text";
  const reconnecting =
    session.connectionState === ConnectionState.Reconnecting ||
    session.connectionState === ConnectionState.SignalReconnecting;

  return (
    <WordsContext value={words}>
      <SessionProvider session={session}>
        <RoomAudioRenderer room={room} />
        <Frame
          state={state}
          sound={sound}
          traineeName={traineeName}
          reconnecting={reconnecting}
          recording={guide?.recording === true && !over}
          stage={
            over ? (
              <Ending state={state} again={again} />
            ) : (
              <Stage {...{ state, guide, reconnecting, sound, unlock }} />
            )
          }
          conversation={
            over && captions.length === 0 ? undefined : (
              <>
                <CaptionList
                  captions={captions}
                  hint={live ? words.captions.empty : words.captions.before}
                />
                {!over && (
                  <ChatInput enabled={live && !reconnecting} send={send} instead={written} />
                )}
              </>
            )
          }
          footer={
            <>
              {!over && (
                <MicrophoneButton
                  microphone={microphone}
                  enabled={session.isConnected}
                  written={written}
                />
              )}
              <ContinueButton leaving={leaving} leave={leave} standsOut={standsOut(state)} />
            </>
          }
        />
      </SessionProvider>
    </WordsContext>
  );
}
