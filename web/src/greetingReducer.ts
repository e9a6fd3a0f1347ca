/**
 * From what the endpoint, the room and the guide do to OUR one answer to "where are we?"; pure, and
 * knows no SDK object. `useGreetingState` feeds it.
 */
import { DisconnectReason } from "livekit-client";

import type { Fallback, GreetingEndpointError } from "./endpoint.js";

/** Who speaks; `text`: nobody can, and what would be said is read. */
export type Mode = "avatar" | "voice" | "text";

/** Why it is not the avatar who speaks. */
export const MODE_REASONS = [
  "avatar_refused",
  "avatar_late",
  "avatar_left",
  "avatar_stalled",
  "avatar_budget",
  "speech_failed",
] as const;
export type ModeReason = (typeof MODE_REASONS)[number];

/** Why there is no greeting. */
export type FailureReason =
  /** The endpoint answered with an error. */
  | "refused"
  /** The endpoint did not answer. */
  | "unreachable"
  /** There was a seat, but no way into the room. */
  | "connect_failed"
  | "connection_lost"
  /** Nobody came, or they left and did not return. */
  | "no_guide"
  /** The greeting was opened in another tab. */
  | "taken_over"
  /** The page itself broke. */
  | "page_error";

/** The time is nearly up; or the closing line has been said: Continue stands out, or the page goes on by itself. */
export type Closing = "soon" | "highlight_continue" | "continue";

/** Why Continue stands out: the closing line, or that there is nobody to wait for. */
export type StandsOut = Closing | "late" | "lost";

/** The endpoint is not asked more often for a guide who comes and is lost: each of them is paid. */
const ASKS_AT_MOST = 3;

export type GreetingState = {
  fallback: Fallback | undefined;
  /** The tag of the language the trainee is greeted in; undefined until somebody says. */
  locale: string | undefined;
} & (
  | { phase: "requesting" }
  | { phase: "connecting" }
  | {
      phase: "waiting_for_agent";
      guide: "coming" | "preparing" | "lost";
      /** The endpoint has been asked for another, since the last one who greeted. */
      askedAgain: boolean;
      /** How often that was, in all. */
      asks: number;
    }
  | {
      phase: "greeting";
      mode: Mode;
      modeReason: ModeReason | undefined;
      asks: number;
      closing: Closing | undefined;
    }
  /** Who was about to go on by themselves still does. */
  | { phase: "ended"; reason: string; closing: "continue" | undefined }
  | { phase: "failed"; reason: FailureReason; retryable: boolean; code?: string | undefined }
);

/** What the reducer needs to know of the guide. */
export type GuidePresence =
  | { present: false }
  | {
      present: true;
      ready: boolean;
      mode: Mode;
      modeReason: ModeReason | undefined;
      locale: string | undefined;
      closing: Closing | undefined;
      ended: string | undefined;
    };

export type GreetingEvent =
  | { type: "seat_taken"; fallback: Fallback | undefined }
  | { type: "seat_refused"; error: GreetingEndpointError }
  | { type: "connected" }
  | { type: "connect_failed" }
  | { type: "disconnected"; reason: DisconnectReason | undefined }
  | { type: "guide"; guide: GuidePresence }
  | { type: "asked_again" }
  | { type: "patience_over"; guide: GuidePresence };

export const initialGreetingState: GreetingState = {
  phase: "requesting",
  fallback: undefined,
  locale: undefined,
};

export function greetingReducer(state: GreetingState, event: GreetingEvent): GreetingState {
  const known = { fallback: state.fallback, locale: state.locale };
  switch (event.type) {
    case "seat_taken": {
      const told = learned(state, event.fallback);
      return state.phase === "requesting"
        ? { phase: "connecting", ...told }
        : { ...state, ...told };
    }

    case "seat_refused":
      return refused(state, event.error);

    case "connected":
      return state.phase === "connecting"
        ? { phase: "waiting_for_agent", guide: "coming", askedAgain: false, asks: 0, ...known }
        : state;

    case "connect_failed":
      return state.phase === "connecting" || state.phase === "requesting"
        ? { phase: "failed", reason: "connect_failed", retryable: true, ...known }
        : state;

    case "disconnected":
      return isOver(state) ? state : afterDisconnect(state, event.reason);

    case "guide":
      return withGuide(state, event.guide);

    case "asked_again":
      return state.phase === "waiting_for_agent"
        ? { ...state, askedAgain: true, asks: state.asks + 1 }
        : state;

    case "patience_over":
      if (state.phase !== "waiting_for_agent") return state;
      return event.guide.present
        ? withGuide(state, { ...event.guide, ready: true })
        : { phase: "failed", reason: "no_guide", retryable: true, ...known };
  }
}

/** Nothing but a new start leads out of here; a guide who comes late is still welcome. */
export function isOver(state: GreetingState): boolean {
  return state.phase === "ended" || (state.phase === "failed" && state.reason !== "no_guide");
}

/** What an answer of the endpoint adds; a language the guide has spoken is not unlearnt. */
function learned({ fallback, locale }: GreetingState, told: Fallback | undefined) {
  return { fallback: told ?? fallback, locale: locale ?? told?.locale };
}

function refused(state: GreetingState, error: GreetingEndpointError): GreetingState {
  const told = learned(state, error.fallback);
  if (error.code === "session_ended") {
    return isOver(state)
      ? state
      : {
          phase: "ended",
          reason: "session_ended",
          closing: stillGoingOn(closingOf(state)),
          ...told,
        };
  }
  // A second request that fails takes nothing from who already has a seat.
  if (state.phase !== "requesting") return { ...state, ...told };
  return {
    phase: "failed",
    reason: error.status === undefined ? "unreachable" : "refused",
    retryable: error.retryable,
    code: error.code,
    ...told,
  };
}

function afterDisconnect(
  state: GreetingState,
  reason: DisconnectReason | undefined,
): GreetingState {
  const known = { fallback: state.fallback, locale: state.locale };
  switch (reason) {
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.ROOM_CLOSED:
    case DisconnectReason.PARTICIPANT_REMOVED:
      return {
        phase: "ended",
        reason: "room_closed",
        closing: stillGoingOn(closingOf(state)),
        ...known,
      };
    case DisconnectReason.DUPLICATE_IDENTITY:
      return { phase: "failed", reason: "taken_over", retryable: true, ...known };
    default:
      return {
        phase: "failed",
        reason: state.phase === "connecting" ? "connect_failed" : "connection_lost",
        retryable: true,
        ...known,
      };
  }
}

function withGuide(state: GreetingState, guide: GuidePresence): GreetingState {
  const inRoom =
    state.phase === "waiting_for_agent" ||
    state.phase === "greeting" ||
    (state.phase === "failed" && state.reason === "no_guide");
  if (!inRoom) return state;
  const asks = state.phase === "failed" ? ASKS_AT_MOST : state.asks;
  const askedAgain = state.phase === "waiting_for_agent" && state.askedAgain;
  const { fallback } = state;

  if (!guide.present) {
    if (
      state.phase === "greeting" ||
      (state.phase === "waiting_for_agent" && state.guide === "preparing")
    ) {
      const { locale } = state;
      return { phase: "waiting_for_agent", guide: "lost", askedAgain, asks, fallback, locale };
    }
    return state;
  }
  const { mode, modeReason, closing } = guide;
  const locale = guide.locale ?? state.locale;
  if (guide.ended !== undefined) {
    return {
      phase: "ended",
      reason: guide.ended,
      closing: stillGoingOn(closing),
      fallback,
      locale,
    };
  }
  if (guide.ready || state.phase === "greeting") {
    return { phase: "greeting", mode, modeReason, asks, closing, fallback, locale };
  }
  return { phase: "waiting_for_agent", guide: "preparing", askedAgain, asks, fallback, locale };
}

/** At the end there is but one way: only going by itself is left to do. */
function stillGoingOn(closing: Closing | undefined): "continue" | undefined {
  return closing === "continue" ? closing : undefined;
}

/** What the guide's closing asks of the page. */
export function closingOf(state: GreetingState): Closing | undefined {
  return "closing" in state ? state.closing : undefined;
}

/** Why Continue stands out just now; undefined where the trainee is better off here. */
export function standsOut(state: GreetingState): StandsOut | undefined {
  if (state.phase !== "waiting_for_agent") return closingOf(state);
  if (state.guide === "lost") return "lost";
  return state.guide === "coming" && state.askedAgain ? "late" : undefined;
}

export function mayAskAgain(state: GreetingState): boolean {
  return state.phase === "waiting_for_agent" && !state.askedAgain && state.asks < ASKS_AT_MOST;
}
