/** Where the guide is seen: the steps until they come, then their picture, and what they are doing. */
import { AvatarVideo } from "./AvatarVideo.js";
import type { GreetingState } from "./greetingReducer.js";
import type { Sound } from "./hearing.js";
import { SoundIcon } from "./Icons.js";
import { Portrait } from "./Portrait.js";
import { Steps } from "./Steps.js";
import type { Guide } from "./useGuide.js";
import type { Words } from "./words/index.js";
import { useWords } from "./words/useWords.js";

interface StageProps {
  state: GreetingState;
  guide: Guide | undefined;
  reconnecting: boolean;
  sound: Sound;
  unlock: () => void;
}

export function Stage({ state, guide, reconnecting, sound, unlock }: StageProps) {
  const words = useWords();
  const live = state.phase === "greeting";
  const written = live && state.mode === "text";
  const note = live ? noteOf(state, words) : undefined;
  return (
    <>
      {live ? (
        <AvatarVideo
          videoTrack={guide?.videoTrack}
          audioTrack={guide?.audioTrack}
          speaking={guide?.activity === "speaking" && !written && !reconnecting}
        />
      ) : (
        <div className="tg-waiting">
          <Portrait audioTrack={undefined} speaking={false} />
          <Steps state={state} />
        </div>
      )}
      {live && guide !== undefined && (
        <p className="tg-activity" data-testid="guide-activity" data-activity={guide.activity}>
          <span className="tg-bars" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {words.activity[reconnecting ? "reconnecting" : activityOf(guide, written)]}
        </p>
      )}
      {live && (
        <p className="tg-mode-note" data-testid="mode-note" role="status">
          {note}
        </p>
      )}
      {sound === "blocked" && !written && (
        <div className="tg-tap">
          <button type="button" data-testid="tap-to-hear" onClick={unlock} autoFocus>
            <SoundIcon />
            {words.sound.tap}
          </button>
          <p>{words.sound.why}</p>
        </div>
      )}
    </>
  );
}

function activityOf({ activity }: Guide, written: boolean): keyof Words["activity"] {
  return written && activity === "speaking" ? "writing" : activity;
}

/** Why the avatar does not speak, in words that blame nobody. */
function noteOf(
  { mode, modeReason }: GreetingState & { phase: "greeting" },
  words: Words,
): string | undefined {
  if (mode === "text") return words.mode.speech_failed;
  return modeReason === undefined || modeReason === "speech_failed"
    ? undefined
    : words.mode[modeReason];
}
