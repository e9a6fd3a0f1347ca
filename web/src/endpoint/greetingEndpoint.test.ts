// @vitest-environment node
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { GreetingEndpointError } from "./endpointClient.js";
import { createGreetingEndpoint } from "./greetingEndpoint.js";
import {
  type Answer,
  type Received,
  endpointServer,
  failure,
  SUCCESS,
  TOKEN,
} from "../test/endpointServer.js";

let server: Awaited<ReturnType<typeof endpointServer>>;
let answer: (request: Received) => Answer;

beforeEach(async () => {
  vi.stubGlobal("location", { href: "http://127.0.0.1/greeting" });
  answer = () => ({ status: 201, body: SUCCESS });
  server = await endpointServer((request) => answer(request));
});

afterEach(() => server.close());

const endpoint = (authorization?: string | (() => Promise<string>)) =>
  createGreetingEndpoint({ endpointUrl: server.url, authorization });

const refusal = async (token: Promise<unknown>) => {
  const error: unknown = await token.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(GreetingEndpointError);
  return error as GreetingEndpointError;
};

describe("requestToken", () => {
  test("sends the client, and returns the fallback beside the token", async () => {
    const token = await endpoint("Bearer jwt").requestToken();
    expect(token).toEqual({
      roomName: "training-session-7",
      serverUrl: SUCCESS.server_url,
      participantToken: TOKEN,
      fallback: {
        welcomeText: "Welcome to Acme!",
        continueUrl: "https://training.example/video",
        locale: "en",
      },
      rejoins: false,
    });
    expect(server.requests).toEqual([
      {
        path: "/api/users/sessions/7/avatar-greeting/",
        authorization: "Bearer jwt",
        body: { client: "avatar-greeting" },
      },
    ]);
  });

  test("sends one request, even if LiveKit or StrictMode asks for a fresh token", async () => {
    const one = endpoint();
    await Promise.all([
      one.requestToken(),
      one.tokenSource.fetch({}),
      one.tokenSource.fetch({}, true),
      one.requestToken(),
    ]);
    expect(server.requests).toHaveLength(1);
  });

  test("sends one request also when refused", async () => {
    answer = () => ({ status: 503, body: failure("livekit_unavailable", true) });
    const one = endpoint();
    await Promise.allSettled([one.requestToken(), one.tokenSource.fetch({}), one.requestToken()]);
    expect(server.requests).toHaveLength(1);
  });

  test("requestAgent sends another request", async () => {
    const one = endpoint();
    await one.requestToken();
    answer = () => ({ status: 200, body: SUCCESS });
    await one.requestAgent();
    expect(server.requests).toHaveLength(2);
  });

  test("a value without a scheme is sent as Bearer, also from a function", async () => {
    await endpoint(() => Promise.resolve("jwt")).requestToken();
    expect(server.requests[0]?.authorization).toBe("Bearer jwt");
  });

  test("livekit_url and livekit_token are accepted", async () => {
    answer = () => ({
      status: 201,
      body: { ...SUCCESS, server_url: undefined, participant_token: undefined },
    });
    expect(await endpoint().requestToken()).toMatchObject({
      serverUrl: "ws://127.0.0.1:9",
      participantToken: TOKEN,
    });
  });
});

describe("an error", () => {
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
    const error = await refusal(endpoint().requestToken());
    expect(error).toMatchObject({
      status,
      code,
      retryable,
      fallback: { continueUrl: "https://training.example/video" },
    });
  });

  test("without JSON is still a typed error", async () => {
    answer = () => ({ status: 502, body: "<html>bad gateway" });
    expect(await refusal(endpoint().requestToken())).toMatchObject({
      code: "http_502",
      retryable: true,
      message: expect.stringContaining("check `endpointUrl`") as string,
    });
  });

  test("a success without a token is an error", async () => {
    answer = () => ({ status: 201, body: { success: true } });
    expect(await refusal(endpoint().requestToken())).toMatchObject({ code: "unreadable_answer" });
  });

  test("without an answer is retryable", async () => {
    await server.close();
    const error = await refusal(endpoint().requestToken());
    expect(error).toMatchObject({ code: "unreachable", retryable: true, status: undefined });
    expect(error.message).toContain(
      `CORS_ALLOWED_ORIGINS of the endpoint contains ${location.origin}`,
    );
  });

  test("a page instead of a JWT is named as the cause", async () => {
    const error = await refusal(endpoint("<!doctype html>\n<p>Log in</p>").requestToken());
    expect(error).toMatchObject({ code: "unreachable", status: undefined });
    expect(error.message).toContain("returns a JWT, and not a page");
  });

  test("does not contain the token", async () => {
    await server.close();
    const error = await refusal(endpoint("Bearer secret").requestToken());
    expect(JSON.stringify(error) + error.message).not.toContain("secret");
  });
});

describe("end", () => {
  test("uses the received token", async () => {
    const one = endpoint("Bearer jwt");
    await one.requestToken();
    await one.end("continue");
    expect(server.requests[1]).toEqual({
      path: "/api/users/sessions/7/avatar-greeting/end/",
      authorization: `Bearer ${TOKEN}`,
      body: { reason: "continue" },
    });
  });

  test("uses the page's authorization if the token is refused", async () => {
    const one = endpoint("Bearer jwt");
    await one.requestToken();
    answer = ({ authorization }) =>
      authorization === "Bearer jwt"
        ? { status: 200, body: { success: true } }
        : { status: 401, body: failure("unauthorized", false) };
    await one.end("continue");
    expect(server.requests.map((request) => request.authorization)).toEqual([
      "Bearer jwt",
      `Bearer ${TOKEN}`,
      "Bearer jwt",
    ]);
  });

  test("never rejects", async () => {
    const one = endpoint();
    await server.close();
    await expect(one.end("continue")).resolves.toBeUndefined();
  });

  test("does not wait for a token that is late", async () => {
    answer = ({ path }) => ({
      status: 200,
      body: SUCCESS,
      delayMs: path.endsWith("/end/") ? 0 : 3_000,
    });
    const one = endpoint("Bearer jwt");
    void one.requestToken().catch(() => undefined);
    await one.end("continue");
    expect(server.requests[1]).toMatchObject({
      authorization: "Bearer jwt",
      body: { reason: "continue" },
    });
  });
});

describe("giveFeedback", () => {
  const feedback = { helpful: true, comment: "Kind" };

  test("uses the received token, and resolves if the endpoint keeps the feedback", async () => {
    const one = endpoint("Bearer jwt");
    await one.requestToken();
    await one.giveFeedback(feedback);
    expect(server.requests[1]).toEqual({
      path: "/api/users/sessions/7/avatar-greeting/feedback/",
      authorization: `Bearer ${TOKEN}`,
      body: feedback,
    });
  });

  test("waits longer than the endpoint does for the outcome to be closed", async () => {
    const timeout = vi.spyOn(AbortSignal, "timeout");
    await endpoint("Bearer jwt").giveFeedback(feedback);
    expect(timeout.mock.calls).toEqual([[6_000]]);
    timeout.mockRestore();
  });

  test.each([404, 409, 503])("rejects if the endpoint answers %i", async (status) => {
    answer = () => ({ status, body: failure("feedback_not_kept", false) });
    await expect(endpoint("Bearer jwt").giveFeedback(feedback)).rejects.toThrow("not kept");
  });
});
