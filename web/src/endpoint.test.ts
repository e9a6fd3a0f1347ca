// @vitest-environment node
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { createGreetingEndpoint, GreetingEndpointError } from "./endpoint.js";
import {
  type Answer,
  type Asked,
  endpointServer,
  failure,
  SUCCESS,
  TOKEN,
} from "./test/endpointServer.js";

let server: Awaited<ReturnType<typeof endpointServer>>;
let answer: (asked: Asked) => Answer;

beforeEach(async () => {
  vi.stubGlobal("location", { href: "http://127.0.0.1/greeting" });
  answer = () => ({ status: 201, body: SUCCESS });
  server = await endpointServer((asked) => answer(asked));
});

afterEach(async () => {
  vi.unstubAllGlobals();
  await server.close();
});

const endpoint = (authorization?: string | (() => Promise<string>)) =>
  createGreetingEndpoint({ endpointUrl: server.url, authorization });

const refusal = async (seat: Promise<unknown>) => {
  const error: unknown = await seat.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(GreetingEndpointError);
  return error as GreetingEndpointError;
};

describe("taking a seat", () => {
  test("says which client this is, and keeps what the standard source drops", async () => {
    const seat = await endpoint("Bearer jwt").seat();
    expect(seat).toEqual({
      roomName: "training-session-7",
      serverUrl: SUCCESS.server_url,
      participantToken: TOKEN,
      fallback: {
        welcomeText: "Welcome to Acme!",
        continueUrl: "https://training.example/video",
        locale: "en",
      },
    });
    expect(server.asked).toEqual([
      {
        path: "/api/users/sessions/7/avatar-greeting/",
        authorization: "Bearer jwt",
        body: { client: "avatar-greeting" },
      },
    ]);
  });

  test("asks once, however often the SDK and StrictMode want a token, even a fresh one", async () => {
    const one = endpoint();
    await Promise.all([
      one.seat(),
      one.tokenSource.fetch({}),
      one.tokenSource.fetch({}, true),
      one.seat(),
    ]);
    expect(server.asked).toHaveLength(1);
  });

  test("asks once also when refused", async () => {
    answer = () => ({ status: 503, body: failure("livekit_unavailable", true) });
    const one = endpoint();
    await Promise.allSettled([one.seat(), one.tokenSource.fetch({}), one.seat()]);
    expect(server.asked).toHaveLength(1);
  });

  test("asking again does ask again", async () => {
    const one = endpoint();
    await one.seat();
    answer = () => ({ status: 200, body: SUCCESS });
    await one.askAgain();
    expect(server.asked).toHaveLength(2);
  });

  test("a bare token is sent as Bearer, and a function is asked for it", async () => {
    await endpoint(() => Promise.resolve("jwt")).seat();
    expect(server.asked[0]?.authorization).toBe("Bearer jwt");
  });

  test("the order's field names are enough", async () => {
    answer = () => ({
      status: 201,
      body: { ...SUCCESS, server_url: undefined, participant_token: undefined },
    });
    expect(await endpoint().seat()).toMatchObject({
      serverUrl: "ws://127.0.0.1:9",
      participantToken: TOKEN,
    });
  });
});

describe("a refusal", () => {
  test.each([
    [401, "unauthorized", false],
    [403, "forbidden", false],
    [404, "not_found", false],
    [409, "session_ended", false],
    [422, "invalid_request", false],
    [429, "too_many_requests", true],
    [503, "livekit_unavailable", true],
  ])("%i %s keeps its code and the fallback", async (status, code, retryable) => {
    answer = () => ({ status, body: failure(code, retryable) });
    const error = await refusal(endpoint().seat());
    expect(error).toMatchObject({
      status,
      code,
      retryable,
      fallback: { continueUrl: "https://training.example/video" },
    });
  });

  test("that is no JSON is still a typed error", async () => {
    answer = () => ({ status: 502, body: "<html>bad gateway" });
    expect(await refusal(endpoint().seat())).toMatchObject({ code: "http_502", retryable: true });
  });

  test("a success nobody can use is an error", async () => {
    answer = () => ({ status: 201, body: { success: true } });
    expect(await refusal(endpoint().seat())).toMatchObject({ code: "unreadable_answer" });
  });

  test("no answer at all can be tried again", async () => {
    await server.close();
    const error = await refusal(endpoint().seat());
    expect(error).toMatchObject({ code: "unreachable", retryable: true, status: undefined });
  });

  test("does not tell the token", async () => {
    await server.close();
    const error = await refusal(endpoint("Bearer secret").seat());
    expect(JSON.stringify(error) + error.message).not.toContain("secret");
  });
});

describe("ending", () => {
  test("uses the seat's own token", async () => {
    const one = endpoint("Bearer jwt");
    await one.seat();
    await one.end("continue");
    expect(server.asked[1]).toEqual({
      path: "/api/users/sessions/7/avatar-greeting/end/",
      authorization: `Bearer ${TOKEN}`,
      body: { reason: "continue" },
    });
  });

  test("tries the page's authorization where the token is no longer good", async () => {
    const one = endpoint("Bearer jwt");
    await one.seat();
    answer = ({ authorization }) =>
      authorization === "Bearer jwt"
        ? { status: 200, body: { success: true } }
        : { status: 401, body: failure("unauthorized", false) };
    await one.end("continue");
    expect(server.asked.map((asked) => asked.authorization)).toEqual([
      "Bearer jwt",
      `Bearer ${TOKEN}`,
      "Bearer jwt",
    ]);
  });

  test("never throws, also when nobody answers", async () => {
    const one = endpoint();
    await server.close();
    await expect(one.end("continue")).resolves.toBeUndefined();
  });

  test("does not wait for a seat that does not come", async () => {
    answer = ({ path }) => ({
      status: 200,
      body: SUCCESS,
      delayMs: path.endsWith("/end/") ? 0 : 3_000,
    });
    const one = endpoint("Bearer jwt");
    void one.seat().catch(() => undefined);
    await one.end("continue");
    expect(server.asked[1]).toMatchObject({
      authorization: "Bearer jwt",
      body: { reason: "continue" },
    });
  });
});
