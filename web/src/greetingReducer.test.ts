import { DisconnectReason } from "livekit-client";
import { describe, expect, test } from "vitest";

import { GreetingEndpointError } from "./endpoint.js";
import {
  closingOf,
  type GreetingEvent,
  greetingReducer,
  type GreetingState,
  type GuidePresence,
  initialGreetingState,
  mayAskAgain,
  standsOut,
} from "./greetingReducer.js";

const fallback = { welcomeText: "Welcome!", continueUrl: "https://training.example/video" };
const SEAT: GreetingEvent = { type: "seat_taken", fallback };
const CONNECTED: GreetingEvent = { type: "connected" };
const GONE: GreetingEvent = { type: "guide", guide: { present: false } };
const GUIDE = {
  present: true,
  ready: false,
  mode: "voice",
  modeReason: undefined,
  locale: undefined,
  closing: undefined,
  ended: undefined,
} as const;
const guide = (more: Partial<Extract<GuidePresence, { present: true }>> = {}): GreetingEvent => ({
  type: "guide",
  guide: { ...GUIDE, ...more },
});
const ASKED: GreetingEvent = { type: "asked_again" };
const refused = (code: string, status: number | undefined, retryable = true): GreetingEvent => ({
  type: "seat_refused",
  error: new GreetingEndpointError("No.", code, retryable, status, fallback),
});
const disconnected = (reason?: DisconnectReason): GreetingEvent => ({
  type: "disconnected",
  reason,
});

const after = (...events: GreetingEvent[]): GreetingState =>
  events.reduce(greetingReducer, initialGreetingState);
const GREETING = [SEAT, CONNECTED, guide({ ready: true, mode: "avatar" })];

describe("on the way", () => {
  test("seat, connection, guide, greeting", () => {
    expect(after().phase).toBe("requesting");
    expect(after(SEAT)).toEqual({ phase: "connecting", fallback });
    expect(after(SEAT, CONNECTED)).toMatchObject({ phase: "waiting_for_agent", guide: "coming" });
    expect(after(SEAT, CONNECTED, guide())).toMatchObject({ guide: "preparing" });
    expect(after(...GREETING)).toMatchObject({ phase: "greeting", mode: "avatar", fallback });
  });

  test("the avatar leaves and the voice goes on; nobody can speak and they write", () => {
    const left = guide({ mode: "voice", modeReason: "avatar_left" });
    const writes = guide({ mode: "text", modeReason: "speech_failed" });
    expect(after(...GREETING, left)).toMatchObject({
      phase: "greeting",
      mode: "voice",
      modeReason: "avatar_left",
    });
    expect(after(...GREETING, left, writes)).toMatchObject({
      phase: "greeting",
      mode: "text",
      modeReason: "speech_failed",
    });
  });
});

describe("the language", () => {
  const told = (locale: string): GreetingEvent => ({
    type: "seat_taken",
    fallback: { ...fallback, locale },
  });

  test("is the endpoint's, then the guide's, who may change it", () => {
    expect(after(told("es")).locale).toBe("es");
    expect(after(told("es"), CONNECTED, guide()).locale).toBe("es");
    expect(after(told("es"), CONNECTED, guide({ locale: "fr" })).locale).toBe("fr");
    expect(after(...GREETING, guide({ locale: "fr" }), guide({ locale: "de" })).locale).toBe("de");
  });

  test("once spoken is not unlearnt: not by a second answer, not by losing the guide", () => {
    const spoken = [...GREETING, guide({ locale: "fr" })];
    expect(after(...spoken, told("es")).locale).toBe("fr");
    expect(after(...spoken, GONE).locale).toBe("fr");
    expect(after(...spoken, disconnected()).locale).toBe("fr");
  });

  test("comes with a refusal too", () => {
    const error = new GreetingEndpointError("No.", "unauthorized", false, 401, {
      ...fallback,
      locale: "de",
    });
    expect(after({ type: "seat_refused", error }).locale).toBe("de");
  });
});

describe("the closing line", () => {
  test("opens the way on, and talking on takes that back", () => {
    const said = after(...GREETING, guide({ closing: "highlight_continue" }));
    expect(said).toMatchObject({ phase: "greeting", closing: "highlight_continue" });
    expect(closingOf(greetingReducer(said, guide()))).toBeUndefined();
  });

  test("stays said when the greeting then ends, however that is learnt", () => {
    const said = [...GREETING, guide({ closing: "continue" })];
    for (const end of [
      guide({ closing: "continue", ended: "completed" }),
      disconnected(DisconnectReason.ROOM_DELETED),
    ]) {
      expect(after(...said, end)).toMatchObject({ phase: "ended", closing: "continue" });
    }
  });

  test("of a guide who is gone sends nobody on", () => {
    expect(closingOf(after(...GREETING, guide({ closing: "continue" }), GONE))).toBeUndefined();
  });
});

describe("a guide who does not come", () => {
  test("is called once more, then the trainee is welcomed without them", () => {
    const asked = after(SEAT, CONNECTED, { type: "asked_again" });
    expect(asked).toMatchObject({ phase: "waiting_for_agent", askedAgain: true });
    const over = greetingReducer(asked, { type: "patience_over", guide: { present: false } });
    expect(over).toEqual({ phase: "failed", reason: "no_guide", retryable: true, fallback });
  });

  test("is welcome late", () => {
    const over = after(SEAT, CONNECTED, { type: "patience_over", guide: { present: false } });
    expect(greetingReducer(over, guide({ ready: true })).phase).toBe("greeting");
  });

  test("who is there but never says who speaks is shown as they are", () => {
    const patience: GreetingEvent = {
      type: "patience_over",
      guide: GUIDE,
    };
    expect(after(SEAT, CONNECTED, guide(), patience)).toMatchObject({
      phase: "greeting",
      mode: "voice",
    });
  });

  test("is told of, and Continue stands out until they come after all", () => {
    expect(standsOut(after(SEAT, CONNECTED))).toBeUndefined();
    expect(standsOut(after(SEAT, CONNECTED, ASKED))).toBe("late");
    expect(standsOut(after(SEAT, CONNECTED, ASKED, guide()))).toBeUndefined();
    const late = after(SEAT, CONNECTED, ASKED, guide(), guide({ ready: true }));
    expect(late.phase).toBe("greeting");
    expect(standsOut(late)).toBeUndefined();
  });
});

describe("a guide who drops out", () => {
  test("is waited for while Continue stands out, and the next one goes on", () => {
    const lost = after(...GREETING, GONE);
    expect(lost).toMatchObject({ phase: "waiting_for_agent", guide: "lost", askedAgain: false });
    expect(standsOut(lost)).toBe("lost");
    expect(standsOut(greetingReducer(lost, ASKED))).toBe("lost");
    const next = [ASKED, guide(), guide({ ready: true })].reduce(greetingReducer, lost);
    expect(next.phase).toBe("greeting");
    expect(standsOut(next)).toBeUndefined();
  });

  test("is sent for once each time, and not for ever", () => {
    let state = after(SEAT, CONNECTED);
    for (const asks of [1, 2, 3]) {
      expect(mayAskAgain(state)).toBe(true);
      state = greetingReducer(state, ASKED);
      expect(state).toMatchObject({ asks });
      expect(mayAskAgain(state)).toBe(false);
      state = [guide({ ready: true }), GONE].reduce(greetingReducer, state);
      expect(state).toMatchObject({ guide: "lost" });
    }
    expect(mayAskAgain(state)).toBe(false);
    expect(standsOut(state)).toBe("lost");
  });

  test("who was only silent is back as if nothing had been", () => {
    expect(after(...GREETING, GONE, guide({ ready: true, mode: "avatar" })).phase).toBe("greeting");
  });
});

describe("the end", () => {
  test("the guide says why, and what follows changes nothing", () => {
    const ended = after(...GREETING, guide({ ready: true, ended: "time_limit" }));
    expect(ended).toEqual({ phase: "ended", reason: "time_limit", fallback });
    for (const event of [
      GONE,
      disconnected(DisconnectReason.ROOM_DELETED),
      disconnected(),
      CONNECTED,
    ]) {
      expect(greetingReducer(ended, event)).toEqual(ended);
    }
  });

  test.each([DisconnectReason.ROOM_DELETED, DisconnectReason.PARTICIPANT_REMOVED])(
    "a room closed on purpose is no fault (%i)",
    (reason) => {
      expect(after(...GREETING, disconnected(reason)).phase).toBe("ended");
    },
  );

  test("a session that has ended is over, at the first request and at a later one", () => {
    expect(after(refused("session_ended", 409, false))).toEqual({
      phase: "ended",
      reason: "session_ended",
      fallback,
    });
    expect(after(SEAT, CONNECTED, refused("session_ended", 409, false)).phase).toBe("ended");
  });
});

describe("a failure", () => {
  test("another tab took over: explained, and no fault of the line", () => {
    expect(after(...GREETING, disconnected(DisconnectReason.DUPLICATE_IDENTITY))).toMatchObject({
      phase: "failed",
      reason: "taken_over",
    });
  });

  test.each([undefined, DisconnectReason.CLIENT_INITIATED, DisconnectReason.SERVER_SHUTDOWN])(
    "a lost connection (%s)",
    (reason) => {
      expect(after(...GREETING, disconnected(reason))).toMatchObject({
        phase: "failed",
        reason: "connection_lost",
      });
    },
  );

  test("no way into the room", () => {
    expect(after(SEAT, disconnected(DisconnectReason.JOIN_FAILURE))).toMatchObject({
      reason: "connect_failed",
    });
    expect(after(SEAT, { type: "connect_failed" })).toMatchObject({
      reason: "connect_failed",
      fallback,
    });
  });

  test("the endpoint's no keeps its code and the way on", () => {
    expect(after(refused("unauthorized", 401, false))).toEqual({
      phase: "failed",
      reason: "refused",
      retryable: false,
      code: "unauthorized",
      fallback,
    });
    expect(after(refused("unreachable", undefined))).toMatchObject({ reason: "unreachable" });
  });

  test("asking a second time in vain takes nothing from who waits", () => {
    expect(after(SEAT, CONNECTED, refused("livekit_unavailable", 503)).phase).toBe(
      "waiting_for_agent",
    );
  });
});
