import type { AgentPresence } from "../livekit/useAgentPresence.js";
import type { Playback } from "../livekit/playbackReporter.js";
import type { Turn } from "../livekit/turn.js";
import type { Microphone } from "../livekit/useMicrophone.js";
import { type GreetingState, hasSaidClosingLine, isTextMode } from "../state/greetingState.js";
import type { Texts } from "../texts/index.js";
import { useTexts } from "../texts/useTexts.js";
import { AvatarVideo } from "./AvatarVideo.js";
import { ConnectionSteps } from "./ConnectionSteps.js";
import { SoundIcon, SoundOffIcon } from "./icons.js";
import { Portrait } from "./Portrait.js";
import { TurnPill } from "./TurnPill.js";

interface StageProps {
  state: GreetingState;
  agent: AgentPresence | undefined;
  turn: Turn;
  reconnecting: boolean;
  slowConnection: boolean;
  microphone: Microphone;
  /** There are buttons for answers on the trainee's turn. */
  canTap: boolean;
  playback: Playback;
  unlock: () => void;
  readAlong: () => void;
}

/** The connection steps until the greeting begins, then the avatar and what the agent is doing. */
export function Stage(props: StageProps) {
  const { state, agent, turn, reconnecting, slowConnection, microphone, canTap } = props;
  const { playback, unlock, readAlong } = props;
  const texts = useTexts();
  const live = state.phase === "greeting";
  const textMode = isTextMode(state);
  /** The agent begins after the tap, or when the trainee reads along. */
  const waitsForTap = playback === "blocked" && !textMode;
  return (
    <>
      {live ? (
        <AvatarVideo
          videoTrack={agent?.videoTrack}
          audioTrack={agent?.audioTrack}
          speaking={agent?.activity === "speaking" && !textMode && !reconnecting}
        />
      ) : (
        <div className="tg-waiting">
          <Portrait audioTrack={undefined} speaking={false} />
          <ConnectionSteps state={state} />
        </div>
      )}
      {live && playback === "off" && !textMode && (
        <button
          type="button"
          className="tg-quiet tg-sound-on"
          data-testid="sound-on"
          onClick={unlock}
        >
          <SoundOffIcon />
          <span className="tg-words">{texts.sound.turnOn}</span>
        </button>
      )}
      {live && (
        <div className="tg-notes">
          {(agent !== undefined || reconnecting) && !hasSaidClosingLine(state) && !waitsForTap && (
            <TurnPill
              activity={agent?.activity}
              {...{ turn, reconnecting, textMode, microphone, canTap }}
            />
          )}
          <p className="tg-mode-note" data-testid="mode-note" role="status">
            {slowConnection && !reconnecting && !textMode
              ? texts.slowConnection
              : modeNote(state, texts)}
          </p>
        </div>
      )}
      {waitsForTap && (
        <div className="tg-tap">
          <button type="button" className="tg-sound" data-testid="tap-to-hear" onClick={unlock}>
            <SoundIcon />
            {texts.sound.tap}
          </button>
          <p>{texts.sound.why}</p>
          <button type="button" className="tg-quiet" data-testid="read-along" onClick={readAlong}>
            {texts.preJoin.withoutSound}
          </button>
        </div>
      )}
    </>
  );
}

/** Why the agent does not use the avatar, in friendly words. */
function modeNote(
  { mode, modeReason }: GreetingState & { phase: "greeting" },
  texts: Texts,
): string | undefined {
  if (mode === "text") return texts.mode.speech_failed;
  return modeReason === undefined || modeReason === "speech_failed"
    ? undefined
    : texts.mode[modeReason];
}
