/** Every sentence of the page that depends on where we are; one place, so that it can be translated. */
import type { Activity } from "./useGuide";
import type { FailureReason, GreetingState } from "./useGreetingState";
import type { MicrophoneStatus } from "./useMicrophone";

export const WELCOME =
  "Welcome! We are glad you are here. Your training is ready, and you can start it whenever you like.";

export const ACTIVITY: Record<Activity, string> = {
  getting_ready: "Getting ready",
  listening: "Listening",
  thinking: "Thinking",
  speaking: "Speaking",
};

export const MICROPHONE_NOTE: Record<MicrophoneStatus, string | undefined> = {
  off: "Turn it on to speak, or type.",
  asking: "Allow it in your browser, or just listen and type.",
  on: undefined,
  denied: "Your browser blocks it. Just listen, and type.",
  absent: "None found. Just listen, and type.",
  failed: "It did not start. Just listen, and type.",
};

const FAILURE: Record<FailureReason, string> = {
  refused: "Your guide cannot join right now, but nothing is lost.",
  unreachable: "We could not reach your guide, but nothing is lost.",
  connect_failed: "We could not open the line to your guide, but nothing is lost.",
  connection_lost: "The connection to your guide was lost, but nothing else is.",
  no_guide: "Your guide is held up. There is no need to wait.",
  taken_over: "It was opened in another tab or window, and goes on there.",
  page_error: "Something on this page did not work, but nothing is lost.",
};

const READY = "Your training is ready";

export function closing(state: GreetingState): { title: string; note: string } {
  if (state.phase === "failed") {
    const title = state.reason === "taken_over" ? "Your greeting is open elsewhere" : READY;
    return { title, note: FAILURE[state.reason] };
  }
  switch (state.phase === "ended" ? state.reason : undefined) {
    case "session_ended":
      return { title: READY, note: "You have already had your greeting." };
    case "session_failed":
    case "worker_shutdown":
      return { title: READY, note: "Your guide had to stop, but nothing is lost." };
    default:
      return { title: READY, note: "That was your greeting. Thank you for the talk!" };
  }
}

/** The line beside the steps, while somebody waits. */
export function waitingLine(state: GreetingState): string {
  switch (state.phase) {
    case "requesting":
      return "Getting your seat…";
    case "connecting":
      return "Opening the line…";
    case "waiting_for_agent":
      if (state.guide === "preparing") return "Your guide is here and getting ready…";
      if (state.guide === "lost") return "Your guide dropped out. We are getting them back…";
      return state.askedAgain
        ? "This takes a little longer than usual. We have called your guide again…"
        : "Your guide is on the way…";
    default:
      return "";
  }
}
