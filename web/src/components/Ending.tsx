import type { GreetingState } from "../state/greetingState.js";
import type { Texts } from "../texts/index.js";
import { useTexts } from "../texts/useTexts.js";
import { Portrait } from "./Portrait.js";

/** Shown on the stage when the greeting has ended or could not begin. */
export function Ending({ state, tryAgain }: { state: GreetingState; tryAgain: () => void }) {
  const texts = useTexts();
  const takenOver = state.phase === "failed" && state.reason === "taken_over";
  const { fallback } = state;
  return (
    <div className="tg-ending" data-testid="welcome-message">
      <div className="tg-ending-portrait" aria-hidden="true">
        <Portrait audioTrack={undefined} speaking={false} />
      </div>
      <h2>{takenOver ? texts.ending.takenOver : texts.ending.title}</h2>
      {state.phase === "failed" && !takenOver && (
        <p className="tg-welcome" lang={fallback?.locale}>
          {fallback?.welcomeText ?? texts.ending.welcome}
        </p>
      )}
      <p className="tg-note" data-testid="note">
        {reasonNote(state, texts)}
      </p>
      {state.phase === "failed" && state.retryable && (
        <button type="button" className="tg-quiet" data-testid="try-again" onClick={tryAgain}>
          {takenOver ? texts.ending.takeBack : texts.ending.tryAgain}
        </button>
      )}
    </div>
  );
}

function reasonNote(state: GreetingState, { ended, failed }: Texts): string {
  if (state.phase === "failed") return failed[state.reason];
  switch (state.phase === "ended" ? state.reason : undefined) {
    case "session_ended":
      return ended.alreadyGreeted;
    case "session_failed":
    case "worker_shutdown":
      return ended.stopped;
    case "completed":
      return ended.completed;
    case "silent":
      return ended.silent;
    case "time_limit":
      return ended.time_limit;
    default:
      return ended.other;
  }
}
