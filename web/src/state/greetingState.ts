/**
 * The state of a greeting, and selectors for the page. Pure: no React, no LiveKit.
 *
 *     (pre_join →) requesting → connecting → waiting_for_agent ⇄ greeting → ended
 *
 * Every phase before `ended` can also become `failed`. `greetingReducer` changes the state.
 */
import type { Fallback } from "../endpoint/endpointClient.js";

/** What the agent uses to reach the trainee: the avatar, its voice alone, or written lines. */
export type Mode = "avatar" | "voice" | "text";

/** Why the agent does not use the avatar. */
export const MODE_REASONS = [
  "avatar_refused",
  "avatar_late",
  "avatar_left",
  "avatar_stalled",
  "avatar_budget",
  "speech_failed",
] as const;
export type ModeReason = (typeof MODE_REASONS)[number];

/** The mode, with a reason unless it is the avatar. */
export type AgentMode =
  | { mode: "avatar"; modeReason: undefined }
  | { mode: "voice" | "text"; modeReason: ModeReason | undefined };

/**
 * What the agent asks of the page near the end: `soon` warns that time is nearly up; after the
 * closing line, `highlight_continue` emphasises the Continue button and `continue` opens the video
 * without a click.
 */
export type Closing = "soon" | "highlight_continue" | "continue";

/** What an agent in the room says about itself. */
export interface AgentStatus {
  /** It can be seen or heard, or it writes. */
  ready: boolean;
  output: AgentMode;
  /** BCP 47 tag of the language it speaks; undefined until it is known. */
  locale: string | undefined;
  closing: Closing | undefined;
  /** Why the greeting has ended; undefined while it goes on. */
  ended: string | undefined;
}

/** Why there is no greeting. */
export type FailureReason =
  /** The token endpoint answered with an error. */
  | "refused"
  /** The token endpoint did not answer. */
  | "unreachable"
  /** The endpoint gave a token, but the page could not join the room. */
  | "connect_failed"
  | "connection_lost"
  /** No agent joined, or it left and none came back. The page stays in the room for a late one. */
  | "no_guide"
  /** The greeting was opened in another tab. */
  | "taken_over"
  /** The page threw an error. */
  | "page_error";

/** Only the token endpoint has an error code, and only its errors may be final. */
type Failure =
  | { reason: "refused" | "unreachable"; retryable: boolean; code: string }
  | {
      reason: Exclude<FailureReason, "refused" | "unreachable">;
      retryable: true;
      code?: undefined;
    };

/** What every phase knows. */
export interface Common {
  fallback: Fallback | undefined;
  /** BCP 47 tag of the language the trainee is greeted in; undefined until it is known. */
  locale: string | undefined;
  /** How often the page asked the token endpoint for another agent. */
  agentRequests: number;
}

export type GreetingState = Common &
  /** The pre-join screen; the greeting has been requested, so the avatar is on its way. */
  (
    | { phase: "pre_join" }
    | { phase: "requesting" }
    | { phase: "connecting" }
    | {
        phase: "waiting_for_agent";
        /** `preparing`: it is in the room, but not ready. `lost`: it was there and left. */
        agent: "expected" | "preparing" | "lost";
        /** The page has asked for another agent since this wait began. */
        requestedAgain: boolean;
      }
    | ({ phase: "greeting"; closing: Closing | undefined } & AgentMode)
    | {
        phase: "ended";
        /** The worker's end reason, or `session_ended` or `room_closed`. */
        reason: string;
        /** Kept, so that the video still opens without a click. */
        closing: "continue" | undefined;
      }
    | ({ phase: "failed" } & Failure)
  );

export const initialGreetingState = {
  phase: "requesting",
  fallback: undefined,
  locale: undefined,
  agentRequests: 0,
} as const satisfies GreetingState;

/** Each further agent costs money, so another agent is requested at most this often. */
export const MAX_AGENT_REQUESTS = 3;

/** How long the page waits for an agent, by what it waits for. Compared by reference in effects. */
const WAIT_LIMITS = {
  expected: {
    /** The page tells the trainee of the delay at the same time: within 5 s of connecting. */
    requestAgentAfterMs: 4_700,
    giveUpAfterMs: 20_000,
  },
  lost: {
    /** An agent that ends the greeting closes the room in less time than this. */
    requestAgentAfterMs: 1_000,
    /** LiveKit removes a dead participant after about 20 s; the next agent can start after that. */
    giveUpAfterMs: 45_000,
  },
  preparing: {
    requestAgentAfterMs: undefined,
    /** After this time, an agent that does not announce its mode is shown as it is. */
    giveUpAfterMs: 12_000,
  },
} as const;

/** The agent is there and can listen: only then is the microphone on. */
export function isConversing(state: GreetingState): boolean {
  return state.phase === "greeting";
}

/** The conversation is over: the page shows the ending. */
export function isOver(state: GreetingState): boolean {
  return state.phase === "ended" || state.phase === "failed";
}

/**
 * It is over, but the page stays in the room: an agent that joins late still starts the greeting.
 */
export function acceptsLateAgent(state: GreetingState): boolean {
  return state.phase === "failed" && state.reason === "no_guide";
}

/** The page is in the room, so what the agent does changes the state. */
export function followsAgent(state: GreetingState): boolean {
  return (
    state.phase === "waiting_for_agent" || state.phase === "greeting" || acceptsLateAgent(state)
  );
}

/** The agent writes instead of speaking. */
export function isTextMode(state: GreetingState): boolean {
  return state.phase === "greeting" && state.mode === "text";
}

/** What the page waits for; `late`: no agent has come, and another has been requested. */
export type Wait = "expected" | "late" | "preparing" | "lost";

export function waitOf(state: GreetingState): Wait | undefined {
  if (state.phase !== "waiting_for_agent") return undefined;
  return state.agent === "expected" && state.requestedAgain ? "late" : state.agent;
}

/** After how many milliseconds to stop waiting for the agent; undefined unless the page waits. */
export function giveUpAfterMs(state: GreetingState): number | undefined {
  return state.phase === "waiting_for_agent" ? WAIT_LIMITS[state.agent].giveUpAfterMs : undefined;
}

/** After how many milliseconds to ask for another agent; undefined if the page must not ask. */
export function requestAgentAfterMs(state: GreetingState): number | undefined {
  if (state.phase !== "waiting_for_agent" || state.requestedAgain) return undefined;
  if (state.agentRequests >= MAX_AGENT_REQUESTS) return undefined;
  return WAIT_LIMITS[state.agent].requestAgentAfterMs;
}

export function closingOf(state: GreetingState): Closing | undefined {
  return "closing" in state ? state.closing : undefined;
}

/** The agent has said the closing line. It still answers, but Continue is what comes next. */
export function hasSaidClosingLine(state: GreetingState): boolean {
  const closing = closingOf(state);
  return closing !== undefined && closing !== "soon";
}

/** The video opens without a click. */
export function opensVideoByItself(state: GreetingState): boolean {
  return closingOf(state) === "continue";
}

/** Why the Continue button is emphasised. */
export type ContinueHint =
  | Closing
  | "late"
  | "lost"
  /** There is nothing else to do. */
  | "over";

/** Undefined while the trainee should stay in the greeting. */
export function continueHintOf(state: GreetingState): ContinueHint | undefined {
  const wait = waitOf(state);
  if (wait === "late" || wait === "lost") return wait;
  if (opensVideoByItself(state) || !isOver(state)) return closingOf(state);
  return state.phase === "failed" && state.reason === "taken_over" ? undefined : "over";
}

/**
 * Continue has a greeting to end; false if it has ended, never began, or goes on in another tab.
 */
export function hasGreetingToEnd(state: GreetingState): boolean {
  if (state.phase === "failed") return state.reason !== "taken_over" && state.reason !== "refused";
  return state.phase !== "ended";
}
