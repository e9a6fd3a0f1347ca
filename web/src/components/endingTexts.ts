/** What the ending says. */
import type { GreetingState } from "../state/greetingState.js";
import type { Texts } from "../texts/index.js";

export function endingTitle(state: GreetingState, { ending }: Texts): string {
  return state.phase === "failed" && state.reason === "taken_over"
    ? ending.takenOver
    : ending.title;
}

/** Why the greeting ended. */
export function reasonNote(state: GreetingState, { ended, failed }: Texts): string {
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
