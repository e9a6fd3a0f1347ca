/** Everything the page says of its own, in one language; what the guide says comes from the scripts. */
import type { FailureReason, ModeReason, StandsOut } from "../greetingReducer.js";
import type { Activity } from "../useGuide.js";
import type { MicrophoneStatus } from "../useMicrophone.js";

export interface Words {
  /** The tag of the language this is written in. */
  locale: string;
  heading: (name: string | undefined) => string;
  aiAvatar: string;
  /** Shown while it is. */
  recording: string;
  guide: string;
  guideOnVideo: string;
  you: string;
  conversation: string;
  status: Record<"connecting" | "connected" | "reconnecting" | "finished" | "notConnected", string>;
  steps: Record<"seat" | "connection" | "guide" | "done", string>;
  /** The line beside the steps, while somebody waits. */
  waiting: Record<"seat" | "connection" | "coming" | "preparing" | "lost" | "calledAgain", string>;
  activity: Record<Activity | "writing" | "reconnecting", string>;
  /** Why it is not the avatar who speaks. */
  mode: Record<ModeReason, string>;
  sound: Record<"tap" | "why", string>;
  captions: Record<"label" | "before" | "empty", string>;
  chat: Record<"label" | "placeholder" | "instead" | "notYet" | "send" | "failed", string>;
  microphone: Record<"on" | "off", string>;
  microphoneNote: Record<Exclude<MicrophoneStatus, "on">, string>;
  continue: Record<"label" | "going" | "nowhere", string>;
  /** Beside Continue: after the closing line, or while there is nobody to wait for. */
  standsOut: Record<StandsOut, string>;
  over: Record<"ready" | "elsewhere" | "welcome" | "tryAgain" | "bringHere", string>;
  /** Why it is over, by the worker's reason; `said` for every other one. */
  ended: Record<"said" | "had" | "stopped" | "completed" | "silent" | "time_limit", string>;
  failed: Record<FailureReason, string>;
  /** Our own page around the greeting; what stands between backticks is code. */
  page: Record<"title" | "openedAlone" | "openIt" | "forDevelopers", string>;
}
