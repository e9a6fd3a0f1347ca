/** Feeds the reducer with what the endpoint, the room and the guide do, and keeps its deadlines. */
import type { UseSessionReturn } from "@livekit/components-react";
import { ConnectionState, type DisconnectReason, RoomEvent } from "livekit-client";
import { useEffect, useEffectEvent, useReducer } from "react";

import { type GreetingEndpoint, GreetingEndpointError } from "./endpoint.js";
import {
  greetingReducer,
  type GreetingState,
  type GuidePresence,
  initialGreetingState,
  isOver,
  mayAskAgain,
} from "./greetingReducer.js";
import type { Guide } from "./useGuide.js";

const CONNECT_TIMEOUT_MS = 20_000;
/** LiveKit gives a lost trainee's seat up after about 20 s; there is nothing to come back to then. */
const RECONNECT_TIMEOUT_MS = 30_000;
/**
 * Nobody has come for this long: ask the endpoint once more, which sends a guide again, and say so,
 * within five seconds of connecting.
 */
const ASK_AGAIN_AFTER_MS = 4_700;
/** A guide who was here is missed sooner; one who ends the greeting closes the room in this time. */
const ASK_FOR_ANOTHER_AFTER_MS = 1_000;
/** Nobody has come for this long: welcome the trainee ourselves. */
const ABSENT_PATIENCE_MS = 20_000;
/** The next one comes when LiveKit has given up the seat of the one who was lost, after about 20 s. */
const LOST_PATIENCE_MS = 45_000;
/** A guide who is in the room this long without saying who speaks is shown as they are. */
const PREPARING_PATIENCE_MS = 12_000;

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
  const modeReason = guide?.modeReason;
  const closing = guide?.closing;
  const ended = guide?.ended;
  const locale = guide?.locale;
  const presence = (): GuidePresence =>
    present ? { present, ready, mode, modeReason, locale, closing, ended } : { present: false };

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
  }, [connected, present, ready, mode, modeReason, locale, closing, ended]);

  const onPatienceOver = useEffectEvent(() =>
    dispatch({ type: "patience_over", guide: presence() }),
  );
  const waiting = state.phase === "waiting_for_agent";
  const lost = waiting && state.guide === "lost";
  useEffect(() => {
    if (!waiting) return;
    const absent = lost ? LOST_PATIENCE_MS : ABSENT_PATIENCE_MS;
    const timer = setTimeout(() => onPatienceOver(), present ? PREPARING_PATIENCE_MS : absent);
    return () => clearTimeout(timer);
  }, [waiting, lost, present]);

  const askAgain = useEffectEvent(async () => {
    dispatch({ type: "asked_again" });
    try {
      const seat = await endpoint.askAgain();
      dispatch({ type: "seat_taken", fallback: seat.fallback });
    } catch (error) {
      dispatch({ type: "seat_refused", error: asEndpointError(error) });
    }
  });
  const missed = !present && mayAskAgain(state);
  useEffect(() => {
    if (!missed) return;
    const delay = lost ? ASK_FOR_ANOTHER_AFTER_MS : ASK_AGAIN_AFTER_MS;
    const timer = setTimeout(() => void askAgain(), delay);
    return () => clearTimeout(timer);
  }, [missed, lost]);

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
