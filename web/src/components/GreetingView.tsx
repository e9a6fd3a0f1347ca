import { useKept } from "../lib/useKept.js";
import type { Conversation } from "../livekit/useCaptions.js";
import type { Microphone } from "../livekit/useMicrophone.js";
import type { AgentCalls } from "../livekit/useAgentCalls.js";
import type { AgentPresence } from "../livekit/useAgentPresence.js";
import type { Playback } from "../livekit/playbackReporter.js";
import { hasAnswers } from "../livekit/questions.js";
import { turnOf } from "../livekit/turn.js";
import {
  continueHintOf,
  type GreetingState,
  hasSaidClosingLine,
  isOver,
  isTextMode,
  opensVideoByItself,
} from "../state/greetingState.js";
import type { Leaving } from "../state/useContinue.js";
import { useTexts } from "../texts/useTexts.js";
import { AnswerChips } from "./AnswerChips.js";
import { Announcer } from "./Announcer.js";
import { CaptionList } from "./CaptionList.js";
import { ChatInput } from "./ChatInput.js";
import { ContinueButton } from "./ContinueButton.js";
import { Ending } from "./Ending.js";
import { FeedbackForm } from "./FeedbackForm.js";
import { Layout } from "./Layout.js";
import { MicrophoneButton } from "./MicrophoneButton.js";
import { Options, TEXT_SIZES } from "./Options.js";
import { Stage } from "./Stage.js";
import { yourTurn } from "./turnTexts.js";

/** Everything the page shows, as plain values. `web/src/gallery` has one for every main state. */
export interface GreetingViewProps {
  state: GreetingState;
  agent: AgentPresence | undefined;
  /** The page is in the room, so the microphone can be used. */
  connected: boolean;
  reconnecting: boolean;
  /** The trainee's own connection is slow. */
  slowConnection: boolean;
  traineeName: string | undefined;
  /** Called with the name that the trainee has chosen, as the agent says it. */
  onName: (name: string) => void;
  playback: Playback;
  unlock: () => void;
  readAlong: () => void;
  conversation: Conversation;
  microphone: Microphone;
  calls: AgentCalls;
  /** The outcome keeps feedback, also after the end. */
  takesFeedback: boolean;
  leaving: Leaving;
  leave: () => void;
  tryAgain: () => void;
}

/** The page of a greeting. It needs no LiveKit room, so that each state can be shown alone. */
export function GreetingView(props: GreetingViewProps) {
  const { state, agent, connected, reconnecting, traineeName, playback, unlock } = props;
  const { microphone } = props;
  const { captions, send, typing } = props.conversation;
  const texts = useTexts();
  const [keptSize, setTextSize] = useKept("localStorage", "text-size");
  const textSize = TEXT_SIZES.find((size) => size === keptSize) ?? "normal";
  const over = isOver(state);
  const live = state.phase === "greeting";
  const textMode = isTextMode(state);
  const turn = turnOf(agent?.activity, reconnecting);
  const questions = live && state.closing === undefined ? agent?.questions : undefined;
  const canTap = questions !== undefined && hasAnswers(questions);
  const saidClosingLine = hasSaidClosingLine(state);
  const asksForFeedback =
    props.takesFeedback &&
    (state.phase === "ended"
      ? !opensVideoByItself(state)
      : live && state.closing === "highlight_continue");
  return (
    <Layout
      state={state}
      playback={playback}
      traineeName={traineeName}
      textSize={textSize}
      options={
        live && (
          <Options
            {...{ textSize, setTextSize }}
            setName={props.calls.setName}
            onName={props.onName}
          />
        )
      }
      reconnecting={reconnecting}
      recording={agent?.recording === true && !over}
      stopRecording={props.calls.stopRecording}
      stage={
        over ? (
          <Ending state={state} tryAgain={props.tryAgain} />
        ) : (
          <Stage
            {...{ state, agent, turn, reconnecting, microphone, canTap, playback, unlock }}
            slowConnection={props.slowConnection}
            readAlong={props.readAlong}
          />
        )
      }
      conversation={
        over && captions.length === 0 ? undefined : (
          <>
            <CaptionList
              captions={captions}
              hint={live ? texts.captions.empty : texts.captions.before}
            >
              {questions !== undefined && (
                <AnswerChips questions={questions} turn={turn} send={send} />
              )}
              {asksForFeedback && <FeedbackForm give={props.calls.giveFeedback} typing={typing} />}
            </CaptionList>
            {!over && (
              <ChatInput
                enabled={live || captions.length > 0}
                canSend={live && !reconnecting}
                send={send}
                typing={typing}
                placeholder={
                  saidClosingLine ? "anythingElse" : textMode ? "textMode" : "placeholder"
                }
              />
            )}
          </>
        )
      }
      announcer={
        <Announcer
          state={state}
          captions={captions}
          readsLines={textMode || (live && playback !== "playing")}
          turn={
            live && turn === "trainee" && !saidClosingLine
              ? yourTurn(microphone, textMode, canTap, texts)
              : undefined
          }
        />
      }
      footer={
        <>
          {!over && (
            <MicrophoneButton
              microphone={microphone}
              enabled={connected && live}
              textMode={textMode}
            />
          )}
          <ContinueButton
            leaving={props.leaving}
            leave={props.leave}
            hint={continueHintOf(state)}
          />
        </>
      }
    />
  );
}
