/** How events change the state of a greeting. Pure; `useGreetingState` sends the events. */
import type { Fallback, GreetingEndpointError } from "../endpoint/endpointClient.js";
import {
  acceptsLateAgent,
  type AgentStatus,
  type Closing,
  closingOf,
  type Common,
  followsAgent,
  type GreetingState,
  isOver,
  MAX_AGENT_REQUESTS,
} from "./greetingState.js";

/** Why the page is no longer in the room. */
export type DisconnectCause =
  /** The room was deleted, or the trainee was removed from it. */
  | "room_closed"
  /** The same trainee joined from another tab. */
  | "taken_over"
  | "connection_lost";

export type GreetingEvent =
  | { type: "token_received"; fallback: Fallback | undefined }
  | { type: "token_refused"; error: GreetingEndpointError }
  | { type: "connected" }
  | { type: "connect_failed" }
  | { type: "disconnected"; cause: DisconnectCause }
  /** An agent joined, left (undefined) or changed its status. */
  | { type: "agent_changed"; agent: AgentStatus | undefined }
  /** The agent says that the greeting is over; the room is deleted right after it. */
  | { type: "agent_ended"; reason: string }
  | { type: "agent_requested" }
  | { type: "wait_timed_out"; agent: AgentStatus | undefined };

export function greetingReducer(state: GreetingState, event: GreetingEvent): GreetingState {
  const common = commonOf(state);
  switch (event.type) {
    case "token_received": {
      const learned = learn(state, event.fallback);
      return state.phase === "requesting"
        ? { ...learned, phase: "connecting" }
        : { ...state, ...learned };
    }

    case "token_refused":
      return afterRefusal(state, event.error);

    case "connected":
      return state.phase === "connecting"
        ? { ...common, phase: "waiting_for_agent", agent: "expected", requestedAgain: false }
        : state;

    case "connect_failed":
      return state.phase === "connecting" || state.phase === "requesting"
        ? { ...common, phase: "failed", reason: "connect_failed", retryable: true }
        : state;

    case "disconnected":
      return afterDisconnect(state, event.cause);

    case "agent_changed":
      return withAgent(state, event.agent);

    case "agent_ended":
      return followsAgent(state) ? ended(state, event.reason) : state;

    case "agent_requested":
      return state.phase === "waiting_for_agent"
        ? { ...state, requestedAgain: true, agentRequests: state.agentRequests + 1 }
        : state;

    case "wait_timed_out":
      if (state.phase !== "waiting_for_agent") return state;
      if (event.agent !== undefined) return withAgent(state, { ...event.agent, ready: true });
      return {
        ...common,
        // The trainee has been told not to wait: request no further agent if a late one is lost.
        agentRequests: MAX_AGENT_REQUESTS,
        phase: "failed",
        reason: "no_guide",
        retryable: true,
      };
  }
}

function afterRefusal(state: GreetingState, error: GreetingEndpointError): GreetingState {
  const learned = learn(state, error.fallback);
  if (error.code === "session_ended") {
    return isFinal(state) ? state : ended({ ...state, ...learned }, "session_ended");
  }
  // A request for another agent failed; the trainee keeps the token of the first request.
  if (state.phase !== "requesting") return { ...state, ...learned };
  return {
    ...learned,
    phase: "failed",
    reason: error.status === undefined ? "unreachable" : "refused",
    retryable: error.retryable,
    code: error.code,
  };
}

function afterDisconnect(state: GreetingState, cause: DisconnectCause): GreetingState {
  if (isFinal(state)) return state;
  if (cause === "room_closed") return ended(state, cause);
  const reason =
    cause === "connection_lost" && state.phase === "connecting" ? "connect_failed" : cause;
  return { ...commonOf(state), phase: "failed", reason, retryable: true };
}

function withAgent(state: GreetingState, agent: AgentStatus | undefined): GreetingState {
  if (!followsAgent(state)) return state;
  const requestedAgain = state.phase === "waiting_for_agent" && state.requestedAgain;
  if (agent === undefined) {
    const wasThere =
      state.phase === "greeting" ||
      (state.phase === "waiting_for_agent" && state.agent === "preparing");
    return wasThere
      ? { ...commonOf(state), phase: "waiting_for_agent", agent: "lost", requestedAgain }
      : state;
  }

  const common = { ...commonOf(state), locale: agent.locale ?? state.locale };
  const { closing, output } = agent;
  if (agent.ended !== undefined) {
    return { ...common, phase: "ended", reason: agent.ended, closing: keptClosing(closing) };
  }
  if (agent.ready || state.phase === "greeting") {
    return { ...common, phase: "greeting", closing, ...output };
  }
  return { ...common, phase: "waiting_for_agent", agent: "preparing", requestedAgain };
}

function ended(state: GreetingState, reason: string): GreetingState {
  return {
    ...commonOf(state),
    phase: "ended",
    reason,
    closing: keptClosing(closingOf(state)),
  };
}

/** Only a new attempt leads out of this state. */
function isFinal(state: GreetingState): boolean {
  return isOver(state) && !acceptsLateAgent(state);
}

function keptClosing(closing: Closing | undefined): "continue" | undefined {
  return closing === "continue" ? closing : undefined;
}

/** What an answer of the endpoint adds. It does not replace the language that the agent speaks. */
function learn(state: GreetingState, fallback: Fallback | undefined): Common {
  return {
    ...commonOf(state),
    fallback: fallback ?? state.fallback,
    locale: state.locale ?? fallback?.locale,
  };
}

function commonOf({ fallback, locale, agentRequests }: GreetingState): Common {
  return { fallback, locale, agentRequests };
}
