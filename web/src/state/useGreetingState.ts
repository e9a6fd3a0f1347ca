/**
 * Runs the state machine: connects, sends it the events of endpoint, room and agent, and sets its
 * timeouts.
 */
import type { UseSessionReturn } from "@livekit/components-react";
import { DisconnectReason, type Room, RoomEvent } from "livekit-client";
import { type Dispatch, useEffect, useReducer } from "react";

import { type EndpointClient, GreetingEndpointError } from "../endpoint/endpointClient.js";
import { rejectAfter } from "../lib/timing.js";
import { useStableCallback } from "../lib/useStableCallback.js";
import { isAgent } from "../livekit/agentPresence.js";
import { isReconnecting } from "../livekit/connection.js";
import { ATTRIBUTE_ENDED } from "../livekit/roomContract.js";
import { onRoomEvents } from "../livekit/roomEvents.js";
import { type DisconnectCause, type GreetingEvent, greetingReducer } from "./greetingReducer.js";
import {
  acceptsLateAgent,
  type AgentStatus,
  followsAgent,
  giveUpAfterMs,
  type GreetingState,
  initialGreetingState,
  isOver,
  requestAgentAfterMs,
} from "./greetingState.js";

const CONNECT_TIMEOUT_MS = 20_000;
/** LiveKit removes a lost trainee after about 20 s; after that there is no session to return to. */
const RECONNECT_TIMEOUT_MS = 30_000;

/**
 * Get a token, join the room and follow the greeting. Every wait has a timeout.
 *
 * Args:
 *   agent: the status of the agent in the room; undefined while there is none. Must keep its identity
 *     while its content stays the same.
 */
export function useGreetingState(
  endpoint: EndpointClient,
  session: UseSessionReturn,
  agent: AgentStatus | undefined,
): GreetingState {
  const [state, dispatch] = useReducer(greetingReducer, initialGreetingState);
  const { room } = session;

  useConnection(endpoint, session, dispatch);

  const reconnecting = isReconnecting(session.connectionState);
  // LiveKit lists no participants while it restores a connection, although the agent is still in the room.
  const follows = followsAgent(state) && !(reconnecting && agent === undefined);
  useEffect(() => {
    if (follows) dispatch({ type: "agent_changed", agent });
  }, [follows, agent]);

  useTimeout(giveUpAfterMs(state), () => dispatch({ type: "wait_timed_out", agent }));
  useTimeout(requestAgentAfterMs(state), () => void requestAgent(endpoint, dispatch));
  useTimeout(reconnecting ? RECONNECT_TIMEOUT_MS : undefined, () => disconnect(room));

  const leavesRoom = isOver(state) && !acceptsLateAgent(state);
  useEffect(() => {
    if (leavesRoom) disconnect(room);
  }, [leavesRoom, room]);

  return state;
}

/** Connect when the component mounts, and report how the connection goes. */
function useConnection(
  endpoint: EndpointClient,
  session: UseSessionReturn,
  dispatch: Dispatch<GreetingEvent>,
): void {
  const { room } = session;
  const connect = useStableCallback((unmounted: AbortSignal) =>
    connectToRoom(endpoint, session, dispatch, unmounted),
  );
  useEffect(() => {
    const stop = onRoomEvents(room, {
      [RoomEvent.Connected]: () => {
        console.info("Connected to LiveKit room");
        dispatch({ type: "connected" });
      },
      // Not through a render: the room may be deleted before the next one.
      [RoomEvent.ParticipantAttributesChanged]: (changed, participant) => {
        const reason = changed[ATTRIBUTE_ENDED];
        if (reason && isAgent(participant)) dispatch({ type: "agent_ended", reason });
      },
      [RoomEvent.Disconnected]: (reason) =>
        dispatch({ type: "disconnected", cause: disconnectCauseOf(reason) }),
    });

    const unmounted = new AbortController();
    // StrictMode mounts, unmounts and mounts again at once: connect only if still mounted then.
    queueMicrotask(() => {
      if (!unmounted.signal.aborted) void connect(unmounted.signal);
    });
    return () => {
      unmounted.abort();
      stop();
    };
  }, [room, dispatch, connect]);
}

async function connectToRoom(
  endpoint: EndpointClient,
  session: UseSessionReturn,
  dispatch: Dispatch<GreetingEvent>,
  unmounted: AbortSignal,
): Promise<void> {
  // A function, because TypeScript assumes that a property keeps its value during an `await`.
  const isUnmounted = () => unmounted.aborted;
  try {
    const { fallback } = await endpoint.requestToken();
    if (isUnmounted()) return;
    console.info("Avatar session created successfully");
    dispatch({ type: "token_received", fallback });
  } catch (cause) {
    if (isUnmounted()) return;
    const error = asEndpointError(cause);
    const { code, status = "no answer", message } = error;
    // Nothing is wrong if the trainee comes back after the greeting.
    if (code === "session_ended") console.info("Avatar session has ended before", message);
    else console.error("Error starting avatar session", code, status, message);
    dispatch({ type: "token_refused", error });
    return;
  }
  try {
    // Without tracks: the greeting must not wait for the permission prompt of the microphone.
    const started = session.start({ signal: unmounted, tracks: {} });
    // `start` leaves the room when it is aborted, but its promise stays pending.
    await rejectAfter(started, CONNECT_TIMEOUT_MS, unmounted);
  } catch (error) {
    disconnect(session.room);
    if (isUnmounted()) return;
    console.error("Error starting avatar session", error instanceof Error ? error.name : "error");
    dispatch({ type: "connect_failed" });
  }
}

/** Ask the endpoint for another agent; its answer may also end the greeting. */
async function requestAgent(
  endpoint: EndpointClient,
  dispatch: Dispatch<GreetingEvent>,
): Promise<void> {
  dispatch({ type: "agent_requested" });
  try {
    const { fallback } = await endpoint.requestAgent();
    dispatch({ type: "token_received", fallback });
  } catch (error) {
    dispatch({ type: "token_refused", error: asEndpointError(error) });
  }
}

/** Call `onTimeout` after `ms`. A change of `ms` restarts the time, and undefined stops it. */
function useTimeout(ms: number | undefined, onTimeout: () => void): void {
  const latest = useStableCallback(onTimeout);
  useEffect(() => {
    if (ms === undefined) return;
    const timer = setTimeout(latest, ms);
    return () => clearTimeout(timer);
  }, [ms, latest]);
}

function disconnect(room: Room): void {
  void room.disconnect();
}

export function disconnectCauseOf(reason: DisconnectReason | undefined): DisconnectCause {
  switch (reason) {
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.ROOM_CLOSED:
    case DisconnectReason.PARTICIPANT_REMOVED:
      return "room_closed";
    case DisconnectReason.DUPLICATE_IDENTITY:
      return "taken_over";
    default:
      return "connection_lost";
  }
}

function asEndpointError(error: unknown): GreetingEndpointError {
  if (error instanceof GreetingEndpointError) return error;
  return new GreetingEndpointError(
    "The page could not send the request.",
    "page_error",
    true,
    undefined,
    undefined,
  );
}
