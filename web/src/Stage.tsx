/** Where the guide is seen: the steps until they come, then their picture, and what they are doing. */
import { AvatarVideo } from "./AvatarVideo.js";
import type { GreetingState } from "./greetingReducer.js";
import type { Sound } from "./hearing.js";
import { SoundIcon } from "./Icons.js";
import { Portrait } from "./Portrait.js";
import { Steps } from "./Steps.js";
import type { Guide } from "./useGuide.js";
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
  return (
    <>
      {live ? (
        <AvatarVideo
          videoTrack={guide?.videoTrack}
          audioTrack={guide?.audioTrack}
          speaking={guide?.activity === "speaking" && !reconnecting}
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
          {words.activity[reconnecting ? "reconnecting" : guide.activity]}
        </p>
      )}
      {sound === "blocked" && (
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
