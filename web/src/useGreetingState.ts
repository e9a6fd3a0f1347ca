/**
 * From what the endpoint, the room and the guide do to OUR one answer to "where are we?".
 *
 * The reducer is pure and knows no SDK object; `useGreetingState` feeds it and keeps its deadlines.
 */
import type { UseSessionReturn } from "@livekit/components-react";
import { ConnectionState, DisconnectReason, RoomEvent } from "livekit-client";
import { useEffect, useEffectEvent, useReducer } from "react";

import { type Fallback, type GreetingEndpoint, GreetingEndpointError } from "./endpoint";
import type { Guide } from "./useGuide";

const CONNECT_TIMEOUT_MS = 20_000;
/** LiveKit gives a lost trainee's seat up after about 20 s; there is nothing to come back to then. */
const RECONNECT_TIMEOUT_MS = 30_000;
/** Nobody has come for this long: ask the endpoint once more, which sends a guide again. */
const ASK_AGAIN_AFTER_MS = 5_000;
/** Nobody has come for this long: welcome the trainee ourselves. */
const ABSENT_PATIENCE_MS = 20_000;
/** A guide who is in the room this long without saying who speaks is shown as they are. */
const PREPARING_PATIENCE_MS = 12_000;

export type Mode = "avatar" | "voice";

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

export type GreetingState = { fallback: Fallback | undefined } & (
  | { phase: "requesting" }
  | { phase: "connecting" }
  | {
      phase: "waiting_for_agent";
      guide: "coming" | "preparing" | "lost";
      /** The endpoint has been asked a second time; it is not asked a third. */
      askedAgain: boolean;
    }
  | { phase: "greeting"; mode: Mode; askedAgain: boolean }
  | { phase: "ended"; reason: string }
  | { phase: "failed"; reason: FailureReason; retryable: boolean; code?: string | undefined }
);

/** What the reducer needs to know of the guide. */
export type GuidePresence =
  { present: false } | { present: true; ready: boolean; mode: Mode; ended: string | undefined };

export type GreetingEvent =
  | { type: "seat_taken"; fallback: Fallback | undefined }
  | { type: "seat_refused"; error: GreetingEndpointError }
  | { type: "connected" }
  | { type: "connect_failed" }
  | { type: "disconnected"; reason: DisconnectReason | undefined }
  | { type: "guide"; guide: GuidePresence }
  | { type: "asked_again" }
  | { type: "patience_over"; guide: GuidePresence };

export const initialGreetingState: GreetingState = { phase: "requesting", fallback: undefined };

export function greetingReducer(state: GreetingState, event: GreetingEvent): GreetingState {
  const { fallback } = state;
  switch (event.type) {
    case "seat_taken":
      return state.phase === "requesting"
        ? { phase: "connecting", fallback: event.fallback }
        : { ...state, fallback: event.fallback ?? fallback };

    case "seat_refused":
      return refused(state, event.error);

    case "connected":
      return state.phase === "connecting"
        ? { phase: "waiting_for_agent", guide: "coming", askedAgain: false, fallback }
        : state;

    case "connect_failed":
      return state.phase === "connecting" || state.phase === "requesting"
        ? { phase: "failed", reason: "connect_failed", retryable: true, fallback }
        : state;

    case "disconnected":
      return isOver(state) ? state : afterDisconnect(state, event.reason);

    case "guide":
      return withGuide(state, event.guide);

    case "asked_again":
      return state.phase === "waiting_for_agent" ? { ...state, askedAgain: true } : state;

    case "patience_over":
      if (state.phase !== "waiting_for_agent") return state;
      return event.guide.present
        ? { phase: "greeting", mode: event.guide.mode, askedAgain: state.askedAgain, fallback }
        : { phase: "failed", reason: "no_guide", retryable: true, fallback };
  }
}

/** Nothing but a new start leads out of here; a guide who comes late is still welcome. */
export function isOver(state: GreetingState): boolean {
  return state.phase === "ended" || (state.phase === "failed" && state.reason !== "no_guide");
}

function refused(state: GreetingState, error: GreetingEndpointError): GreetingState {
  const fallback = error.fallback ?? state.fallback;
  if (error.code === "session_ended") {
    return isOver(state) ? state : { phase: "ended", reason: "session_ended", fallback };
  }
  // A second request that fails takes nothing from who already has a seat.
  if (state.phase !== "requesting") return { ...state, fallback };
  return {
    phase: "failed",
    reason: error.status === undefined ? "unreachable" : "refused",
    retryable: error.retryable,
    code: error.code,
    fallback,
  };
}

function afterDisconnect(
  { phase, fallback }: GreetingState,
  reason: DisconnectReason | undefined,
): GreetingState {
  switch (reason) {
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.ROOM_CLOSED:
    case DisconnectReason.PARTICIPANT_REMOVED:
      return { phase: "ended", reason: "room_closed", fallback };
    case DisconnectReason.DUPLICATE_IDENTITY:
      return { phase: "failed", reason: "taken_over", retryable: true, fallback };
    default:
      return {
        phase: "failed",
        reason: phase === "connecting" ? "connect_failed" : "connection_lost",
        retryable: true,
        fallback,
      };
  }
}

function withGuide(state: GreetingState, guide: GuidePresence): GreetingState {
  const { fallback } = state;
  const inRoom =
    state.phase === "waiting_for_agent" ||
    state.phase === "greeting" ||
    (state.phase === "failed" && state.reason === "no_guide");
  if (!inRoom) return state;
  const askedAgain = state.phase === "failed" ? true : state.askedAgain;

  if (!guide.present) {
    if (
      state.phase === "greeting" ||
      (state.phase === "waiting_for_agent" && state.guide === "preparing")
    ) {
      return { phase: "waiting_for_agent", guide: "lost", askedAgain, fallback };
    }
    return state;
  }
  if (guide.ended !== undefined) return { phase: "ended", reason: guide.ended, fallback };
  if (guide.ready || state.phase === "greeting") {
    return { phase: "greeting", mode: guide.mode, askedAgain, fallback };
  }
  return { phase: "waiting_for_agent", guide: "preparing", askedAgain, fallback };
}

/** Take the seat, connect, and follow what happens; every wait is bounded. */
export function useGreetingState(
  endpoint: GreetingEndpoint,
  session: UseSessionReturn,
  guide: Guide | undefined,
): GreetingState {
  const [state, dispatch] = useReducer(greetingReducer, initialGreetingState);
  const { room } = session;

  const present = guide !== undefined;
  const ready = guide?.ready ?? false;
  const mode = guide?.mode ?? "voice";
  const ended = guide?.ended;
  const presence = (): GuidePresence =>
    present ? { present, ready, mode, ended } : { present: false };

  const begin = useEffectEvent(async (left: AbortSignal) => {
    const stillHere = () => !left.aborted;
    try {
      const seat = await endpoint.seat();
      if (!stillHere()) return;
      console.info("Avatar session created successfully");
      dispatch({ type: "seat_taken", fallback: seat.fallback });
    } catch (error) {
      if (!stillHere()) return;
      const refusal = asEndpointError(error);
      console.error("Error starting avatar session", refusal.code, refusal.status ?? "no answer");
      dispatch({ type: "seat_refused", error: refusal });
      return;
    }
    try {
      // Without tracks: a permission prompt must not stand between the trainee and the greeting.
      await unlessAborted(session.start({ signal: left, tracks: {} }), left, CONNECT_TIMEOUT_MS);
    } catch (error) {
      void room.disconnect();
      if (!stillHere()) return;
      console.error("Error starting avatar session", error instanceof Error ? error.name : "error");
      dispatch({ type: "connect_failed" });
    }
  });

  useEffect(() => {
    const onConnected = () => {
      console.info("Connected to LiveKit room");
      dispatch({ type: "connected" });
    };
    const onDisconnected = (reason?: DisconnectReason) =>
      dispatch({ type: "disconnected", reason });
    room.on(RoomEvent.Connected, onConnected);
    room.on(RoomEvent.Disconnected, onDisconnected);

    // StrictMode mounts, unmounts and mounts again at once: only what is still mounted begins.
    const left = new AbortController();
    queueMicrotask(() => {
      if (!left.signal.aborted) void begin(left.signal);
    });
    return () => {
      left.abort();
      room.off(RoomEvent.Connected, onConnected);
      room.off(RoomEvent.Disconnected, onDisconnected);
    };
  }, [room]);

  const connected = state.phase !== "requesting" && state.phase !== "connecting";
  const tellGuide = useEffectEvent(() => dispatch({ type: "guide", guide: presence() }));
  useEffect(() => {
    if (connected) tellGuide();
  }, [connected, present, ready, mode, ended]);

  const onPatienceOver = useEffectEvent(() =>
    dispatch({ type: "patience_over", guide: presence() }),
  );
  const waiting = state.phase === "waiting_for_agent";
  useEffect(() => {
    if (!waiting) return;
    const patience = present ? PREPARING_PATIENCE_MS : ABSENT_PATIENCE_MS;
    const timer = setTimeout(() => onPatienceOver(), patience);
    return () => clearTimeout(timer);
  }, [waiting, present]);

  const askAgain = useEffectEvent(async () => {
    dispatch({ type: "asked_again" });
    try {
      const seat = await endpoint.askAgain();
      dispatch({ type: "seat_taken", fallback: seat.fallback });
    } catch (error) {
      dispatch({ type: "seat_refused", error: asEndpointError(error) });
    }
  });
  const mayAskAgain = state.phase === "waiting_for_agent" && !state.askedAgain && !present;
  useEffect(() => {
    if (!mayAskAgain) return;
    const timer = setTimeout(() => void askAgain(), ASK_AGAIN_AFTER_MS);
    return () => clearTimeout(timer);
  }, [mayAskAgain]);

  const reconnecting =
    session.connectionState === ConnectionState.Reconnecting ||
    session.connectionState === ConnectionState.SignalReconnecting;
  useEffect(() => {
    if (!reconnecting) return;
    const timer = setTimeout(() => void room.disconnect(), RECONNECT_TIMEOUT_MS);
    return () => clearTimeout(timer);
  }, [reconnecting, room]);

  // It is over: the microphone goes off, and nobody is kept waiting in the room.
  const over = isOver(state);
  useEffect(() => {
    if (over) void room.disconnect();
  }, [over, room]);

  return state;
}

function asEndpointError(error: unknown): GreetingEndpointError {
  if (error instanceof GreetingEndpointError) return error;
  return new GreetingEndpointError(
    "The page could not ask.",
    "page_error",
    true,
    undefined,
    undefined,
  );
}

/** The SDK's start, aborted, leaves the room but goes on waiting; this stops waiting. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new Error("gave up"));
    const timer = setTimeout(giveUp, timeoutMs);
    signal.addEventListener("abort", giveUp, { once: true });
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
