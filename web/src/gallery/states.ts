/** The main states of the page, as the values that `GreetingView` shows. */
import type { GreetingViewProps } from "../components/GreetingView.js";
import type { Caption } from "../livekit/captions.js";
import type { Questions } from "../livekit/questions.js";
import type { AgentPresence } from "../livekit/useAgentPresence.js";
import {
  type AgentMode,
  type Closing,
  type FailureReason,
  type GreetingState,
  initialGreetingState,
  type Mode,
  type ModeReason,
} from "../state/greetingState.js";
import { fakeVideo } from "./fakeVideo.js";

const nothing = () => undefined;

const line = (id: number, from: Caption["from"], text: string, final = true): Caption => ({
  id: String(id),
  from,
  text,
  final,
  stream: id,
  lang: "en",
});

const SAID: readonly Caption[] = [
  line(1, "agent", "Welcome, Ada! I am your guide, an AI. We have about two minutes."),
  line(2, "agent", "Have you worked in a warehouse before?"),
  line(3, "trainee", "Yes, for two years, mostly at the packing tables."),
  line(4, "agent", "Then you know most of it. The video shows what is different here."),
  line(5, "trainee", "Will it show the new"),
  line(6, "agent", "It does. Is there anything you would like to ask before you watch it?"),
];

const FALLBACK = {
  welcomeText: "Welcome to Acme, Ada! Your training video is ready for you.",
  continueUrl: "https://platform.example/video",
  locale: "en",
};
const COMMON = { ...initialGreetingState, fallback: FALLBACK, locale: "en" };

const QUESTIONS = {
  total: 3,
  answered: 1,
  skipped: 0,
  open: {
    id: "mood",
    type: "choice",
    number: 2,
    ask: "How do you feel about today?",
    choices: { calm: "Calm", curious: "Curious", nervous: "A little nervous" },
  },
} satisfies Questions;

function output(mode: Mode, modeReason: ModeReason | undefined): AgentMode {
  return mode === "avatar" ? { mode, modeReason: undefined } : { mode, modeReason };
}

function greeting(
  mode: Mode,
  changed: Partial<Omit<GreetingViewProps, "agent">> & {
    reason?: ModeReason;
    closing?: Closing;
    agent?: Partial<AgentPresence>;
  } = {},
): GreetingViewProps {
  const { reason, closing, agent, ...rest } = changed;
  const used = output(mode, reason);
  return {
    ...BASE,
    state: { ...COMMON, phase: "greeting", closing, ...used },
    conversation: { ...BASE.conversation, captions: SAID },
    takesFeedback: true,
    microphone: { ...BASE.microphone, status: "on" },
    playback: "playing",
    ...rest,
    agent: {
      status: { ready: true, output: used, locale: "en", closing, ended: undefined },
      activity: "speaking",
      recording: false,
      takesFeedback: true,
      guide: "Maya",
      questions: QUESTIONS,
      videoTrack: mode === "avatar" ? fakeVideo() : undefined,
      audioTrack: undefined,
      ...agent,
    },
  };
}

const waiting = (changed: Partial<Extract<GreetingState, { phase: "waiting_for_agent" }>>) => ({
  ...BASE,
  connected: true,
  state: {
    ...COMMON,
    phase: "waiting_for_agent" as const,
    agent: "expected" as const,
    requestedAgain: false,
    ...changed,
  },
});

function failed(reason: Exclude<FailureReason, "refused" | "unreachable">): GreetingViewProps {
  return { ...BASE, state: { ...COMMON, phase: "failed", reason, retryable: true } };
}

const BASE: GreetingViewProps = {
  state: { ...initialGreetingState },
  agent: undefined,
  connected: true,
  reconnecting: false,
  slowConnection: false,
  traineeName: "Ada",
  onName: nothing,
  playback: "untried",
  unlock: nothing,
  readAlong: nothing,
  conversation: { captions: [], send: () => Promise.resolve(), typing: nothing },
  // Without a conversation, the microphone is off.
  microphone: { status: "off", speaking: false, track: undefined, toggle: nothing },
  takesFeedback: false,
  calls: {
    setName: () => Promise.resolve("Ada"),
    giveFeedback: () => Promise.resolve(),
    feedbackSent: () => Promise.resolve(),
    stopRecording: () => Promise.resolve(true),
  },
  leaving: "no",
  leave: nothing,
  tryAgain: nothing,
};

const OFFLINE = {
  ...BASE.conversation,
  captions: SAID,
  send: () => Promise.reject(new Error("offline")),
};

/** More than any platform should allow. */
const LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff-Maximiliana Alexandrina";

export const STATES = {
  requesting: { ...BASE, connected: false },
  connecting: { ...BASE, connected: false, state: { ...COMMON, phase: "connecting" } },
  waiting: waiting({}),
  late: waiting({ requestedAgain: true, agentRequests: 1 }),
  preparing: waiting({ agent: "preparing" }),
  lost: {
    ...waiting({ agent: "lost" }),
    conversation: { ...BASE.conversation, captions: SAID },
  },
  greeting: greeting("avatar"),
  "greeting-first": greeting("avatar", {
    conversation: BASE.conversation,
    agent: { activity: "getting_ready", questions: undefined },
    microphone: { ...BASE.microphone, status: "asking" },
  }),
  listening: greeting("avatar", {
    agent: { activity: "listening" },
    microphone: { ...BASE.microphone, status: "on", speaking: true },
    conversation: {
      ...BASE.conversation,
      captions: [...SAID, line(7, "trainee", "How long does", false)],
    },
  }),
  thinking: greeting("avatar", { agent: { activity: "thinking" } }),
  question: greeting("avatar", { agent: { activity: "listening" } }),
  "answer-not-sent": greeting("avatar", {
    agent: { activity: "listening" },
    conversation: OFFLINE,
  }),
  "message-not-sent": greeting("avatar", { conversation: OFFLINE }),
  "question-by-voice": greeting("voice", {
    reason: "avatar_budget",
    agent: {
      activity: "listening",
      questions: { ...QUESTIONS, open: { ...QUESTIONS.open, id: "new", type: "yes_no" } },
    },
  }),
  "no-more-questions": greeting("avatar", {
    agent: {
      activity: "listening",
      questions: { total: 3, answered: 2, skipped: 1, open: undefined },
    },
  }),
  slow: greeting("avatar", { slowConnection: true }),
  voice: greeting("voice", { reason: "avatar_left" }),
  text: greeting("text", {
    reason: "speech_failed",
    playback: "untried",
    microphone: { ...BASE.microphone, status: "absent" },
    agent: { activity: "listening" },
  }),
  "read-along": greeting("voice", {
    playback: "off",
    microphone: { ...BASE.microphone, status: "off" },
    agent: { activity: "listening" },
  }),
  blocked: greeting("voice", {
    playback: "blocked",
    conversation: BASE.conversation,
    agent: { questions: undefined },
  }),
  denied: greeting("avatar", { microphone: { ...BASE.microphone, status: "denied" } }),
  recording: greeting("avatar", { agent: { recording: true }, traineeName: LONG_NAME }),
  reconnecting: greeting("avatar", { reconnecting: true }),
  soon: greeting("avatar", { closing: "soon" }),
  highlight: greeting("avatar", {
    closing: "highlight_continue",
    agent: { recording: true },
    traineeName: LONG_NAME,
  }),
  feedback: greeting("avatar", {
    closing: "highlight_continue",
    agent: { activity: "listening" },
  }),
  "feedback-comment": greeting("avatar", {
    closing: "highlight_continue",
    agent: { activity: "listening" },
  }),
  "no-feedback": greeting("avatar", {
    closing: "highlight_continue",
    takesFeedback: false,
    agent: { activity: "listening" },
  }),
  continue: greeting("avatar", { closing: "continue", leaving: "going" }),
  completed: {
    ...BASE,
    state: { ...COMMON, phase: "ended", reason: "completed", closing: undefined },
    conversation: { ...BASE.conversation, captions: SAID },
  },
  "feedback-after-end": {
    ...BASE,
    state: { ...COMMON, phase: "ended", reason: "silent", closing: undefined },
    conversation: { ...BASE.conversation, captions: SAID },
    takesFeedback: true,
  },
  "already-greeted": {
    ...BASE,
    state: { ...COMMON, phase: "ended", reason: "session_ended", closing: undefined },
  },
  refused: {
    ...BASE,
    state: { ...COMMON, phase: "failed", reason: "refused", retryable: false, code: "forbidden" },
  },
  unreachable: {
    ...BASE,
    state: { ...COMMON, phase: "failed", reason: "unreachable", retryable: true, code: "timeout" },
    leaving: "nowhere",
  },
  "no-guide": failed("no_guide"),
  "connection-lost": {
    ...failed("connection_lost"),
    conversation: { ...BASE.conversation, captions: SAID },
  },
  "taken-over": failed("taken_over"),
  "page-error": failed("page_error"),
} as const satisfies Record<string, GreetingViewProps>;

/** The states of the screen before the greeting. */
export const PRE_JOIN = ["pre-join", "pre-join-microphone", "pre-join-denied"] as const;

export type StateName = keyof typeof STATES | (typeof PRE_JOIN)[number];

/** What the trainee has done in a state: typed a draft and tapped a control; and what it shows. */
export const TAPS: Partial<Record<StateName, { draft?: string; tap: string; shows: string }>> = {
  "pre-join-microphone": { tap: "try-microphone", shows: "[data-testid=mic-device]" },
  "pre-join-denied": { tap: "try-microphone", shows: "[data-status=denied]" },
  "answer-not-sent": { tap: "chip-answer", shows: ".tg-chips .tg-chat-note" },
  "message-not-sent": { draft: "Hi", tap: "chat-send", shows: ".tg-chat-note:not(:empty)" },
  "feedback-comment": { tap: "thumb-up", shows: "[data-testid=feedback-comment]" },
};
