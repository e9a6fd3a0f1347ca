/** What stands where the guide was, or would have been. */
import type { GreetingState } from "./greetingReducer.js";
import { Portrait } from "./Portrait.js";
import type { Words } from "./words/index.js";
import { useWords } from "./words/useWords.js";

export function Ending({ state, again }: { state: GreetingState; again: () => void }) {
  const words = useWords();
  const elsewhere = state.phase === "failed" && state.reason === "taken_over";
  const { fallback } = state;
  return (
    <div className="tg-closing" data-testid="welcome-message">
      <div className="tg-closing-face" aria-hidden="true">
        <Portrait audioTrack={undefined} speaking={false} />
      </div>
      <h2>{elsewhere ? words.over.elsewhere : words.over.ready}</h2>
      {state.phase === "failed" && !elsewhere && (
        <p className="tg-welcome" lang={fallback?.locale}>
          {fallback?.welcomeText ?? words.over.welcome}
        </p>
      )}
      <p className="tg-note" data-testid="note">
        {noteOf(state, words)}
      </p>
      {state.phase === "failed" && state.retryable && (
        <button type="button" className="tg-quiet" data-testid="try-again" onClick={again}>
          {elsewhere ? words.over.bringHere : words.over.tryAgain}
        </button>
      )}
    </div>
  );
}

function noteOf(state: GreetingState, { ended, failed }: Words): string {
  if (state.phase === "failed") return failed[state.reason];
  switch (state.phase === "ended" ? state.reason : undefined) {
    case "session_ended":
      return ended.had;
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
      return ended.said;
  }
}
