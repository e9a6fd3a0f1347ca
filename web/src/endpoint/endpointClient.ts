/**
 * The token endpoint as the page uses it: request a token for the greeting, and end the greeting.
 *
 * LiveKit's `TokenSource.endpoint()` keeps only the URL and the token, and turns errors into text.
 * This client also keeps `fallback` and the typed error, so that the page can always show a welcome
 * and a Continue button.
 */
import { safeUrl } from "../lib/safeUrl.js";
import { rejectAfter, resultWithin } from "../lib/timing.js";
import { CLIENT_AVATAR_GREETING } from "../livekit/roomContract.js";

const REQUEST_TIMEOUT_MS = 10_000;
const END_TIMEOUT_MS = 4_000;
/** The endpoint waits up to 3 s for the outcome to be closed. */
const FEEDBACK_TIMEOUT_MS = 6_000;
/**
 * `end()` and `giveFeedback()` wait this long for a token that is on its way. Then they use the
 * page's authorization.
 */
const TOKEN_WAIT_MS = 1_000;

/** What the page shows, and where it leads, if there is no greeting. */
export interface Fallback {
  welcomeText: string;
  /** Undefined if the endpoint does not know it. */
  continueUrl: string | undefined;
  /** BCP 47 tag of the language that `welcomeText` is written in. */
  locale?: string | undefined;
}

/** What the endpoint says about the greeting before it begins. */
export interface Introduction {
  /** The guide's name; undefined if the script has none. */
  guide: string | undefined;
  /** URL of the guide's picture; undefined if there is none. */
  poster: string | undefined;
  /** The usual length of the conversation. */
  minutes: number;
  /** How many questions the guide asks at most. */
  questions: number;
}

/** What the trainee thinks of the greeting. */
export interface Feedback {
  helpful: boolean;
  /** One line; empty for none. */
  comment: string;
}

/**
 * Where to join the greeting's room, and with which token. The token is a credential: never log it.
 */
export interface GreetingToken {
  roomName: string;
  serverUrl: string;
  participantToken: string;
  /** The trainee's name as the agent says it; undefined if the platform sent none that is usable. */
  traineeName: string | undefined;
  fallback: Fallback | undefined;
  /** Undefined if the endpoint is older than this page. */
  introduction: Introduction | undefined;
  /** The trainee was in the room with the agent before. */
  rejoins: boolean;
}

/** The endpoint gave no token. */
export class GreetingEndpointError extends Error {
  override readonly name = "GreetingEndpointError";

  constructor(
    message: string,
    /** The endpoint's (`session_ended`, …), or `unreachable`, `timeout`, `unreadable_answer`. */
    readonly code: string,
    readonly retryable: boolean,
    /** The HTTP status; undefined if there was no answer. */
    readonly status: number | undefined,
    readonly fallback: Fallback | undefined,
  ) {
    super(message);
  }
}

/**
 * The `Authorization` header, or a function that gets it. A value without a scheme is sent as
 * Bearer.
 */
export type Authorization = string | (() => string | undefined | Promise<string | undefined>);

export type RequestHeaders = Readonly<Record<string, string>>;

export interface GreetingEndpointOptions {
  /** Full URL of `POST …/avatar-greeting/`. */
  endpointUrl: string;
  authorization?: Authorization | undefined;
  /** More headers for every request, such as `X-CSRFToken`; called for each. */
  headers?: (() => RequestHeaders | undefined) | undefined;
}

export type EndpointClient = ReturnType<typeof createEndpointClient>;

/**
 * A client for one attempt to greet: all calls of `requestToken()` share one request and its result,
 * so that LiveKit and React's StrictMode can ask several times. For a new attempt, create a new
 * client.
 */
export function createEndpointClient(options: GreetingEndpointOptions) {
  const { endpointUrl, authorization } = options;
  let token: Promise<GreetingToken> | undefined;
  const times: { requestedAt?: number; receivedAt?: number } = {};

  function requestToken(): Promise<GreetingToken> {
    if (token === undefined) {
      times.requestedAt = performance.now();
      token = postTokenRequest(options);
      void token.then(
        () => (times.receivedAt = performance.now()),
        () => undefined,
      );
    }
    return token;
  }

  /**
   * Post to a path below the endpoint with the room token, or with the page's authorization if it is
   * not accepted. The request outlives the page (`keepalive`).
   */
  async function postAsTrainee(
    path: string,
    body: object,
    timeoutMs: number,
  ): Promise<Response | undefined> {
    const url = new URL(path, withSlash(endpointUrl));
    const known = token?.catch(() => undefined);
    const received = known && (await resultWithin(known, TOKEN_WAIT_MS));
    const credentials = [
      ...(received === undefined ? [] : [() => `Bearer ${received.participantToken}`]),
      () => authorizationHeader(authorization),
    ];
    let response: Response | undefined;
    for (const credential of credentials) {
      const headers = headersOf(await credential(), options);
      response = await post(url, headers, body, timeoutMs, { keepalive: true });
      if (response.status !== 401 && response.status !== 403) break;
    }
    return response;
  }

  return {
    /** The token of this greeting; rejects with `GreetingEndpointError`. */
    requestToken,

    /**
     * Forget a token that was requested more than `ageMs` ago. Its agent may have left by now; the next
     * request then starts the greeting again.
     */
    forgetTokenOlderThan(ageMs: number): void {
      const { requestedAt } = times;
      if (requestedAt !== undefined && performance.now() - requestedAt > ageMs) token = undefined;
    },

    /** When the token was requested and received, on the clock of `performance.now()`. */
    requestTimes: () => ({ ...times }),

    /** Send the request again: the endpoint then dispatches an agent if the room has none. */
    requestAgent: (): Promise<GreetingToken> => postTokenRequest(options),

    /**
     * End the greeting and its avatar. Never rejects: if it fails, the worker's own limits end the
     * greeting.
     */
    async end(reason: string): Promise<void> {
      await postAsTrainee("end/", { reason }, END_TIMEOUT_MS).catch(() => undefined);
    },

    /** Add feedback to the outcome after the greeting has ended. Rejects if it is not kept. */
    async giveFeedback(feedback: Feedback): Promise<void> {
      const response = await postAsTrainee("feedback/", feedback, FEEDBACK_TIMEOUT_MS);
      if (response?.ok !== true) throw new Error("the feedback was not kept");
    },
  };
}

async function postTokenRequest(options: GreetingEndpointOptions): Promise<GreetingToken> {
  let url: URL;
  let headers: Headers;
  try {
    url = new URL(options.endpointUrl, location.href);
    headers = headersOf(await authorizationHeader(options.authorization), options);
  } catch (error) {
    // Without the error's text, which may contain the value.
    throw unreachable(
      `\`endpointUrl\`, \`authorization\` or \`headers\` cannot be used (${nameOf(error)}): ` +
        "check that `authorization` returns a JWT, and not a page.",
    );
  }
  let response: Response;
  let body: unknown;
  try {
    const asked = { client: CLIENT_AVATAR_GREETING };
    response = await post(url, headers, asked, REQUEST_TIMEOUT_MS);
    body = await response.json().catch(() => undefined);
  } catch (error) {
    if (nameOf(error) === "TimeoutError") {
      throw unreachable("The token endpoint did not answer in time.", "timeout");
    }
    throw unreachable(
      `The token endpoint could not be reached at ${url.origin}: check \`endpointUrl\`, and that ` +
        `CORS_ALLOWED_ORIGINS of the endpoint contains ${location.origin}.`,
    );
  }
  if (!response.ok || field(body, "success") === false) throw errorOf(response.status, body, url);

  const serverUrl = text(body, "server_url") ?? text(body, "livekit_url");
  const participantToken = text(body, "participant_token") ?? text(body, "livekit_token");
  if (serverUrl === undefined || participantToken === undefined) {
    throw new GreetingEndpointError(
      "The token endpoint's answer has no server URL or token.",
      "unreadable_answer",
      true,
      response.status,
      fallbackOf(body),
    );
  }
  return {
    roomName: text(body, "room_name") ?? "",
    serverUrl,
    participantToken,
    traineeName: nameIn(participantToken),
    fallback: fallbackOf(body),
    introduction: introductionOf(body),
    rejoins: field(body, "rejoins") === true,
  };
}

function nameIn(token: string): string | undefined {
  const [, payload = ""] = token.split(".");
  try {
    const binary = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
    const json = new TextDecoder().decode(Uint8Array.from(binary, (byte) => byte.charCodeAt(0)));
    return text(JSON.parse(json), "name");
  } catch {
    return undefined; // not a JWT; LiveKit will refuse it
  }
}

function headersOf(authorization: string | undefined, options: GreetingEndpointOptions): Headers {
  const headers = new Headers(options.headers?.());
  headers.set("Content-Type", "application/json");
  headers.set("Accept", "application/json");
  if (authorization !== undefined) headers.set("Authorization", authorization);
  return headers;
}

function post(
  url: URL,
  headers: Headers,
  body: object,
  timeoutMs: number,
  init: RequestInit = {},
): Promise<Response> {
  return fetch(url, {
    ...init,
    method: "POST",
    headers,
    body: JSON.stringify(body),
    cache: "no-store",
    signal: AbortSignal.timeout(timeoutMs),
  });
}

async function authorizationHeader(
  authorization: Authorization | undefined,
): Promise<string | undefined> {
  const given = typeof authorization === "function" ? authorization() : authorization;
  // If the host's function fails or takes too long, the endpoint counts as unreachable.
  const { signal } = new AbortController();
  const value = await rejectAfter(Promise.resolve(given), REQUEST_TIMEOUT_MS, signal);
  if (value === undefined || value === "") return undefined;
  return value.includes(" ") ? value : `Bearer ${value}`;
}

function unreachable(message: string, code = "unreachable"): GreetingEndpointError {
  return new GreetingEndpointError(message, code, true, undefined, undefined);
}

function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : "not an error";
}

function errorOf(status: number, body: unknown, url: URL): GreetingEndpointError {
  const error = field(body, "error");
  const retryable = field(error, "retryable");
  return new GreetingEndpointError(
    text(error, "message") ??
      `${url.origin}${url.pathname} answered ${status}, and not as a token endpoint: ` +
        "check `endpointUrl`.",
    text(error, "code") ?? `http_${status}`,
    typeof retryable === "boolean" ? retryable : status === 429 || status >= 500,
    status,
    fallbackOf(body),
  );
}

function fallbackOf(body: unknown): Fallback | undefined {
  const fallback = field(body, "fallback");
  const welcomeText = text(fallback, "welcome_text");
  if (welcomeText === undefined) return undefined;
  return {
    welcomeText,
    continueUrl: text(fallback, "continue_url"),
    locale: text(fallback, "locale"),
  };
}

function introductionOf(body: unknown): Introduction | undefined {
  const introduction = field(body, "introduction");
  const minutes = field(introduction, "minutes");
  const questions = field(introduction, "questions");
  if (typeof minutes !== "number" || typeof questions !== "number") return undefined;
  return {
    guide: text(introduction, "guide"),
    poster: safeUrl(text(introduction, "poster_url")),
    minutes,
    questions,
  };
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function text(value: unknown, name: string): string | undefined {
  const found = field(value, name);
  return typeof found === "string" && found !== "" ? found : undefined;
}

function withSlash(url: string): URL {
  const absolute = new URL(url, location.href);
  absolute.search = "";
  if (!absolute.pathname.endsWith("/")) absolute.pathname += "/";
  return absolute;
}
