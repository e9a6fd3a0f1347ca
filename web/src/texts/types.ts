/** Every text of the page itself, in one language. What the agent says comes from the scripts. */
import type { Activity } from "../livekit/agentPresence.js";
import type { MicrophoneStatus } from "../livekit/useMicrophone.js";
import type { ContinueHint, FailureReason, ModeReason, Wait } from "../state/greetingState.js";

export interface Texts {
  /** BCP 47 tag of this language. */
  locale: string;
  /** `withName` contains `{name}`. */
  heading: Record<"plain" | "withName", string>;
  aiAvatar: string;
  /** The label in the avatar's picture. */
  aiLabel: string;
  /** Shown while the trainee is being recorded. */
  recording: string;
  /** The button that stops the recording, and what the page says afterwards. */
  stopRecording: string;
  recordingStopped: string;
  guide: string;
  guideOnVideo: string;
  you: string;
  conversation: string;
  /**
   * The screen before the greeting. `{minutes}` and `{questions}` are numbers; `noWrongAnswers` lowers
   * the stakes; `saySomething` explains the level meter; `{number}` counts microphones without a name.
   */
  preJoin: Record<
    | "title"
    | "oneMinute"
    | "minutes"
    | "oneQuestion"
    | "questions"
    | "skip"
    | "noWrongAnswers"
    | "ai"
    | "tryMicrophone"
    | "saySomething"
    | "device"
    | "nthDevice"
    | "start"
    | "withoutMicrophone"
    | "withoutSound",
    string
  >;
  /** What the trainee can change; `noName`: the text is not a name. */
  options: Record<
    | "label"
    | "name"
    | "save"
    | "nameSaved"
    | "noName"
    | "textSize"
    | "normal"
    | "large"
    | "largest",
    string
  >;
  feedback: Record<"question" | "yes" | "no" | "comment" | "send" | "thanks" | "failed", string>;
  status: Record<
    "ready" | "connecting" | "connected" | "reconnecting" | "finished" | "notConnected",
    string
  >;
  steps: Record<"room" | "connection" | "guide" | "done", string>;
  /** The line below the steps. */
  waiting: Record<"room" | "connection" | Wait, string>;
  /**
   * Whose turn it is. On the trainee's turn: `speakOrType` with a microphone, `tapOrType` with buttons
   * for answers, and `type` with neither;
   * `{guide}` is the guide's name, or `guide` if it is not known.
   */
  activity: Record<
    | Exclude<Activity, "listening">
    | "writing"
    | "reconnecting"
    | "speakOrType"
    | "tapOrType"
    | "type",
    string
  >;
  /**
   * Buttons for answers; the trainee "says" what is on the button. `next`: no question of their own
   * yet; `finish`: no questions any more.
   */
  chips: Record<
    | "label"
    | "progress"
    | "allDone"
    | "yes"
    | "no"
    | "skip"
    | "next"
    | "finish"
    | "repeat"
    | "slower",
    string
  >;
  /** Why the agent does not use the avatar. */
  mode: Record<ModeReason, string>;
  /** The trainee's connection has been slow for some seconds. */
  slowConnection: string;
  sound: Record<"tap" | "why" | "turnOn", string>;
  /** `before` and `empty`: shown before the greeting begins, and before the first line. */
  captions: Record<"label" | "before" | "empty" | "brokenOff", string>;
  /**
   * `textMode`: the placeholder if the agent writes; `anythingElse`: after the closing line; `notYet`:
   * before the greeting begins.
   */
  chat: Record<
    "label" | "placeholder" | "textMode" | "anythingElse" | "notYet" | "send" | "failed",
    string
  >;
  microphone: Record<"label" | "on" | "off", string>;
  microphoneNote: Record<Exclude<MicrophoneStatus, "on">, string>;
  /** `noAddress`: the page does not know where the training video is. */
  continue: Record<"label" | "going" | "noAddress", string>;
  /** The line beside an emphasised Continue button. */
  continueHint: Record<Exclude<ContinueHint, "over">, string>;
  /** The ending; `takenOver` and `takeBack`: the greeting is open in another tab. */
  ending: Record<"unsent" | "title" | "takenOver" | "welcome" | "tryAgain" | "takeBack", string>;
  /** Why the greeting ended; `other` for every reason without a text of its own. */
  ended: Record<
    "other" | "alreadyGreeted" | "stopped" | "completed" | "silent" | "time_limit",
    string
  >;
  failed: Record<FailureReason, string>;
  /** The page of `make demo`; text between backticks is code. */
  page: Record<"title" | "noSession" | "openFromPlatform" | "forDevelopers", string>;
}

/**
 * The host's own words, by BCP 47 tag. An entry replaces words of that language, or adds a language
 * whose missing words are English.
 */
export type Labels = Readonly<Record<string, PartialTexts>>;

export type PartialTexts = {
  readonly [Key in Exclude<keyof Texts, "locale" | "page">]?: Texts[Key] extends string
    ? string
    : Partial<Texts[Key]>;
};
