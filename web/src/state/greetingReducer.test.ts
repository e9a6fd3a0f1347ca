import { describe, expect, test } from "vitest";

import { GreetingEndpointError } from "../endpoint/endpointClient.js";
import { type DisconnectCause, type GreetingEvent, greetingReducer } from "./greetingReducer.js";
import {
  acceptsLateAgent,
  type AgentMode,
  type AgentStatus,
  closingOf,
  continueHintOf,
  giveUpAfterMs,
  type GreetingState,
  hasGreetingToEnd,
  initialGreetingState,
  isOver,
  MAX_AGENT_REQUESTS,
  opensVideoByItself,
  requestAgentAfterMs,
  waitOf,
} from "./greetingState.js";

const fallback = { welcomeText: "Welcome!", continueUrl: "https://training.example/video" };
const AVATAR: AgentMode = { mode: "avatar", modeReason: undefined };
const STATUS: AgentStatus = {
  ready: false,
  output: { mode: "voice", modeReason: undefined },
  locale: undefined,
  closing: undefined,
  ended: undefined,
};

const TOKEN: GreetingEvent = { type: "token_received", fallback };
const CONNECTED: GreetingEvent = { type: "connected" };
const REQUESTED: GreetingEvent = { type: "agent_requested" };
const LEFT: GreetingEvent = { type: "agent_changed", agent: undefined };
const TIMED_OUT: GreetingEvent = { type: "wait_timed_out", agent: undefined };
const agent = (changes: Partial<AgentStatus> = {}): GreetingEvent => ({
  type: "agent_changed",
  agent: { ...STATUS, ...changes },
});
const refused = (code: string, status: number | undefined, retryable = true): GreetingEvent => ({
  type: "token_refused",
  error: new GreetingEndpointError("No.", code, retryable, status, fallback),
});
const disconnected = (cause: DisconnectCause): GreetingEvent => ({ type: "disconnected", cause });

const after = (...events: GreetingEvent[]): GreetingState =>
  events.reduce(greetingReducer, initialGreetingState);
const GREETING = [TOKEN, CONNECTED, agent({ ready: true, output: AVATAR })];

test("the agent's end reason is kept when the room is deleted right after it", () => {
  const ending: GreetingEvent = { type: "agent_ended", reason: "completed" };
  expect(after(...GREETING, ending, disconnected("room_closed"))).toMatchObject({
    phase: "ended",
    reason: "completed",
  });
});

describe("until the greeting", () => {
  test("the phases follow token, connection and agent", () => {
    expect(after().phase).toBe("requesting");
    expect(after(TOKEN)).toEqual({ phase: "connecting", fallback, agentRequests: 0 });
    expect(after(TOKEN, CONNECTED)).toMatchObject({
      phase: "waiting_for_agent",
      agent: "expected",
    });
    expect(after(TOKEN, CONNECTED, agent())).toMatchObject({ agent: "preparing" });
    expect(after(...GREETING)).toMatchObject({ phase: "greeting", mode: "avatar", fallback });
  });

  test("the mode follows the agent from avatar to voice to text", () => {
    const voice = agent({ output: { mode: "voice", modeReason: "avatar_left" } });
    const text = agent({ output: { mode: "text", modeReason: "speech_failed" } });
    expect(after(...GREETING, voice)).toMatchObject({
      phase: "greeting",
      mode: "voice",
      modeReason: "avatar_left",
    });
    expect(after(...GREETING, voice, text)).toMatchObject({
      phase: "greeting",
      mode: "text",
      modeReason: "speech_failed",
    });
  });
});

describe("the language", () => {
  const token = (locale: string): GreetingEvent => ({
    type: "token_received",
    fallback: { ...fallback, locale },
  });

  test("is the endpoint's, then the agent's", () => {
    expect(after(token("es")).locale).toBe("es");
    expect(after(token("es"), CONNECTED, agent()).locale).toBe("es");
    expect(after(token("es"), CONNECTED, agent({ locale: "fr" })).locale).toBe("fr");
    expect(after(...GREETING, agent({ locale: "fr" }), agent({ locale: "de" })).locale).toBe("de");
  });

  test("of the agent is kept after a second token and after the agent is lost", () => {
    const spoken = [...GREETING, agent({ locale: "fr" })];
    expect(after(...spoken, token("es")).locale).toBe("fr");
    expect(after(...spoken, LEFT).locale).toBe("fr");
    expect(after(...spoken, disconnected("connection_lost")).locale).toBe("fr");
  });

  test("is also in an error of the endpoint", () => {
    const error = new GreetingEndpointError("No.", "unauthorized", false, 401, {
      ...fallback,
      locale: "de",
    });
    expect(after({ type: "token_refused", error }).locale).toBe("de");
  });
});

describe("the closing line", () => {
  test("emphasises Continue until the trainee goes on talking", () => {
    const closing = after(...GREETING, agent({ closing: "highlight_continue" }));
    expect(closing).toMatchObject({ phase: "greeting", closing: "highlight_continue" });
    expect(continueHintOf(closing)).toBe("highlight_continue");
    expect(opensVideoByItself(closing)).toBe(false);
    expect(closingOf(greetingReducer(closing, agent()))).toBeUndefined();
  });

  test("with continue still opens the video after the greeting ended", () => {
    const closing = [...GREETING, agent({ closing: "continue" })];
    for (const end of [
      agent({ closing: "continue", ended: "completed" }),
      disconnected("room_closed"),
      refused("session_ended", 409, false),
    ]) {
      const state = after(...closing, end);
      expect(state).toMatchObject({ phase: "ended", closing: "continue" });
      expect(opensVideoByItself(state)).toBe(true);
    }
  });

  test("does not open the video if the agent is lost", () => {
    const state = after(...GREETING, agent({ closing: "continue" }), LEFT);
    expect(opensVideoByItself(state)).toBe(false);
  });
});

describe("an agent that does not join", () => {
  const late = after(TOKEN, CONNECTED, REQUESTED);
  const givenUp = greetingReducer(late, TIMED_OUT);

  test("is requested once more, and Continue is emphasised", () => {
    const expected = after(TOKEN, CONNECTED);
    expect(requestAgentAfterMs(expected)).toBeLessThan(5_000);
    expect([waitOf(expected), continueHintOf(expected)]).toEqual(["expected", undefined]);
    expect(requestAgentAfterMs(late)).toBeUndefined();
    expect([waitOf(late), continueHintOf(late)]).toEqual(["late", "late"]);
    const preparing = greetingReducer(late, agent());
    expect([waitOf(preparing), continueHintOf(preparing)]).toEqual(["preparing", undefined]);
    expect(continueHintOf(greetingReducer(preparing, agent({ ready: true })))).toBeUndefined();
  });

  test("ends the wait: over, but the page stays in the room for a late one", () => {
    expect(givenUp).toMatchObject({ phase: "failed", reason: "no_guide", retryable: true });
    expect([isOver(givenUp), acceptsLateAgent(givenUp)]).toEqual([true, true]);
    expect(greetingReducer(givenUp, LEFT)).toBe(givenUp);
    const greeted = greetingReducer(givenUp, agent({ ready: true }));
    expect(greeted.phase).toBe("greeting");
    expect(isOver(greeted)).toBe(false);
  });

  test("and then comes late and is lost is not requested again", () => {
    const lost = [agent({ ready: true }), LEFT].reduce(greetingReducer, givenUp);
    expect(waitOf(lost)).toBe("lost");
    expect(requestAgentAfterMs(lost)).toBeUndefined();
  });

  test("a disconnect while waiting rejects a late agent", () => {
    const state = greetingReducer(givenUp, disconnected("connection_lost"));
    expect(state).toMatchObject({ phase: "failed", reason: "connection_lost" });
    expect(acceptsLateAgent(state)).toBe(false);
  });

  test("is shown without a mode after the timeout", () => {
    const preparing = after(TOKEN, CONNECTED, agent());
    const timedOut: GreetingEvent = { type: "wait_timed_out", agent: STATUS };
    expect(greetingReducer(preparing, timedOut)).toMatchObject({
      phase: "greeting",
      mode: "voice",
    });
  });
});

describe("an agent that is lost", () => {
  test("is waited for while Continue is emphasised, and the next one continues", () => {
    const lost = after(...GREETING, LEFT);
    expect(lost).toMatchObject({ phase: "waiting_for_agent", agent: "lost" });
    expect(continueHintOf(lost)).toBe("lost");
    expect(continueHintOf(greetingReducer(lost, REQUESTED))).toBe("lost");
    const next = [REQUESTED, agent(), agent({ ready: true })].reduce(greetingReducer, lost);
    expect(next.phase).toBe("greeting");
    expect(continueHintOf(next)).toBeUndefined();
  });

  test("is requested once for each loss, at most three times in all", () => {
    let state = after(TOKEN, CONNECTED);
    for (let requests = 1; requests <= MAX_AGENT_REQUESTS; requests++) {
      expect(requestAgentAfterMs(state)).toBeDefined();
      state = greetingReducer(state, REQUESTED);
      expect(state).toMatchObject({ agentRequests: requests });
      expect(requestAgentAfterMs(state)).toBeUndefined();
      state = [agent({ ready: true }), LEFT].reduce(greetingReducer, state);
      expect(waitOf(state)).toBe("lost");
    }
    expect(requestAgentAfterMs(state)).toBeUndefined();
    expect(continueHintOf(state)).toBe("lost");
  });

  test("while preparing is not requested twice in one wait", () => {
    const lost = after(TOKEN, CONNECTED, REQUESTED, agent(), LEFT);
    expect(waitOf(lost)).toBe("lost");
    expect(requestAgentAfterMs(lost)).toBeUndefined();
  });

  test("and answers again continues the greeting", () => {
    expect(after(...GREETING, LEFT, agent({ ready: true, output: AVATAR })).phase).toBe("greeting");
  });
});

test("only a wait for the agent has a timeout, and it is longest for a lost one", () => {
  const waits = [
    [TOKEN, CONNECTED],
    [TOKEN, CONNECTED, agent()],
    [...GREETING, LEFT],
  ];
  expect(waits.map((events) => giveUpAfterMs(after(...events)))).toEqual([20_000, 12_000, 45_000]);
  for (const events of [[], [TOKEN], GREETING]) {
    expect(giveUpAfterMs(after(...events))).toBeUndefined();
  }
});

describe("the end", () => {
  test("has the agent's reason, and later events do not change it", () => {
    const ended = after(...GREETING, agent({ ready: true, ended: "time_limit" }));
    expect(ended).toEqual({ phase: "ended", reason: "time_limit", fallback, agentRequests: 0 });
    expect([isOver(ended), hasGreetingToEnd(ended)]).toEqual([true, false]);
    for (const event of [
      LEFT,
      CONNECTED,
      TIMED_OUT,
      REQUESTED,
      disconnected("room_closed"),
      disconnected("connection_lost"),
    ]) {
      expect(greetingReducer(ended, event)).toEqual(ended);
    }
  });

  test("by a closed room is not a failure", () => {
    expect(after(...GREETING, disconnected("room_closed"))).toMatchObject({
      phase: "ended",
      reason: "room_closed",
    });
  });

  test("of the session is known at the first token request and at a later one", () => {
    expect(after(refused("session_ended", 409, false))).toEqual({
      phase: "ended",
      reason: "session_ended",
      fallback,
      agentRequests: 0,
    });
    expect(after(TOKEN, CONNECTED, refused("session_ended", 409, false)).phase).toBe("ended");
  });
});

describe("a failure", () => {
  test("taken over by another tab leaves the greeting to that tab", () => {
    const state = after(...GREETING, disconnected("taken_over"));
    expect(state).toMatchObject({ phase: "failed", reason: "taken_over" });
    expect(hasGreetingToEnd(state)).toBe(false);
  });

  test("of the connection leaves a greeting to end", () => {
    const state = after(...GREETING, disconnected("connection_lost"));
    expect(state).toMatchObject({ phase: "failed", reason: "connection_lost" });
    expect(hasGreetingToEnd(state)).toBe(true);
  });

  test("to join the room is connect_failed", () => {
    expect(after(TOKEN, disconnected("connection_lost"))).toMatchObject({
      reason: "connect_failed",
    });
    expect(after(TOKEN, { type: "connect_failed" })).toMatchObject({
      reason: "connect_failed",
      fallback,
    });
    expect(after(...GREETING, { type: "connect_failed" }).phase).toBe("greeting");
  });

  test("of the endpoint keeps its code and its fallback", () => {
    const state = after(refused("unauthorized", 401, false));
    expect(state).toEqual({
      phase: "failed",
      reason: "refused",
      retryable: false,
      code: "unauthorized",
      fallback,
      agentRequests: 0,
    });
    expect(hasGreetingToEnd(state)).toBe(false);
    expect(after(refused("unreachable", undefined))).toMatchObject({ reason: "unreachable" });
  });

  test("a failed request for another agent does not end the wait", () => {
    expect(after(TOKEN, CONNECTED, refused("livekit_unavailable", 503)).phase).toBe(
      "waiting_for_agent",
    );
  });
});
