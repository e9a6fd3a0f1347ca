import type { GreetingState } from "../state/greetingState.js";
import { useDraft } from "../state/draft.js";
import { useTexts } from "../texts/useTexts.js";
import { endingTitle, reasonNote } from "./endingTexts.js";
import { Portrait } from "./Portrait.js";

/** Shown on the stage when the greeting has ended or could not begin. */
export function Ending({ state, tryAgain }: { state: GreetingState; tryAgain: () => void }) {
  const texts = useTexts();
  const [draft] = useDraft();
  const takenOver = state.phase === "failed" && state.reason === "taken_over";
  const { fallback } = state;
  return (
    <div className="tg-ending" data-testid="welcome-message">
      <div className="tg-ending-portrait" aria-hidden="true">
        <Portrait audioTrack={undefined} speaking={false} />
      </div>
      <h2 tabIndex={-1} data-focus-fallback="">
        {endingTitle(state, texts)}
      </h2>
      {state.phase === "failed" && !takenOver && (
        <p className="tg-welcome" lang={fallback?.locale}>
          {fallback?.welcomeText ?? texts.ending.welcome}
        </p>
      )}
      <p className="tg-note" data-testid="note">
        {reasonNote(state, texts)}
      </p>
      {draft.trim() !== "" && (
        <p className="tg-unsent" data-testid="unsent">
          {texts.ending.unsent} <q>{draft.trim()}</q>
        </p>
      )}
      {state.phase === "failed" && state.retryable && (
        <button type="button" className="tg-quiet" data-testid="try-again" onClick={tryAgain}>
          {takenOver ? texts.ending.takeBack : texts.ending.tryAgain}
        </button>
      )}
    </div>
  );
}
