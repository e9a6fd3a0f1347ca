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
  off: "Your microphone is off. Turn it on to speak, or type.",
  asking: "Your browser is asking to use your microphone. You can also just listen and type.",
  on: undefined,
  denied: "Your browser keeps the microphone off. That is fine: listen, and type your answers.",
  absent: "There is no microphone here. That is fine: listen, and type your answers.",
  failed: "The microphone could not be started. That is fine: listen, and type your answers.",
};

const FAILURE: Record<FailureReason, string> = {
  refused: "Your guide cannot join today. Nothing is lost: your training is ready.",
  unreachable: "We could not reach your guide. Nothing is lost: your training is ready.",
  connect_failed:
    "We could not open the line to your guide. Nothing is lost: your training is ready.",
  connection_lost:
    "The connection to your guide was lost. Nothing else is: your training is ready.",
  no_guide: "Your guide is held up. There is no need to wait: your training is ready.",
  taken_over: "Your greeting has been opened in another tab or window, and goes on there.",
  page_error: "Something on this page did not work. Nothing is lost: your training is ready.",
};

export function closing(state: GreetingState): { title: string; note: string | undefined } {
  if (state.phase === "failed") {
    return {
      title: state.reason === "taken_over" ? "Your greeting is open elsewhere" : "Welcome",
      note: FAILURE[state.reason],
    };
  }
  const reason = state.phase === "ended" ? state.reason : "";
  if (reason === "session_ended") {
    return { title: "You have already been greeted", note: "Your training is ready for you." };
  }
  if (reason === "session_failed" || reason === "worker_shutdown") {
    return { title: "Your guide had to stop", note: "Your training is ready for you." };
  }
  return {
    title: "That was your greeting",
    note: "Thank you for the talk. Your training is ready for you.",
  };
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
