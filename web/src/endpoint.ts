/**
 * The token endpoint as the page sees it: one seat per greeting, and the way to give it back.
 *
 * LiveKit's own `TokenSource.endpoint()` keeps only URL and token and turns errors into text; this one
 * keeps `fallback` and the typed error, so that the page can always welcome and let go.
 */
import { TokenSource } from "livekit-client";

import { CLIENT_AVATAR_GREETING } from "./roomContract.js";

const REQUEST_TIMEOUT_MS = 10_000;
const END_TIMEOUT_MS = 4_000;
/** Who ends before there is a seat waits this long for it, then ends with the page's authorization. */
const END_WAITS_FOR_SEAT_MS = 1_000;

/** What the page shows and where it leads when there is nobody to talk to. */
export interface Fallback {
  welcomeText: string;
  /** Absent when the endpoint could not say. */
  continueUrl: string | undefined;
  /** The tag of the language `welcomeText` is written in. */
  locale?: string | undefined;
}

/** A seat in the greeting's room. The token is a credential: never log it. */
export interface Seat {
  roomName: string;
  serverUrl: string;
  participantToken: string;
  fallback: Fallback | undefined;
}

/** The endpoint did not give a seat. `code` is the endpoint's, or one of ours. */
export class GreetingEndpointError extends Error {
  override readonly name = "GreetingEndpointError";

  constructor(
    message: string,
    /** `session_ended`, `unauthorized`, …; ours: `unreachable`, `timeout`, `unreadable_answer`. */
    readonly code: string,
    readonly retryable: boolean,
    /** The HTTP status; undefined when there was no answer. */
    readonly status: number | undefined,
    readonly fallback: Fallback | undefined,
  ) {
    super(message);
  }
}

/** The value of the `Authorization` header, or how to get it; a bare token is sent as Bearer. */
export type Authorization = string | (() => string | Promise<string>);

export interface GreetingEndpointOptions {
  /** Full URL of `POST …/avatar-greeting/`. */
  endpointUrl: string;
  authorization?: Authorization | undefined;
}

export type GreetingEndpoint = ReturnType<typeof createGreetingEndpoint>;

/**
 * One greeting's dealings with the endpoint.
 *
 * However often the SDK or StrictMode asks for a token, the endpoint is asked once: `seat()` and
 * `tokenSource` share one request and its outcome. To try anew after a failure, create a new one.
 */
export function createGreetingEndpoint({ endpointUrl, authorization }: GreetingEndpointOptions) {
  let seat: Promise<Seat> | undefined;
  const times: { askedAt?: number; ticketAt?: number } = {};

  function takeSeat(): Promise<Seat> {
    if (seat === undefined) {
      times.askedAt = performance.now();
      seat = requestSeat(endpointUrl, authorization);
      void seat.then(
        () => (times.ticketAt = performance.now()),
        () => undefined,
      );
    }
    return seat;
  }

  return {
    /** The seat of this greeting; rejects with `GreetingEndpointError`. */
    seat: takeSeat,

    /** For `useSession`; answers from `seat()`, also where the SDK insists on a fresh token. */
    tokenSource: TokenSource.custom(async () => {
      const { serverUrl, participantToken } = await takeSeat();
      return { serverUrl, participantToken };
    }),

    /** When the seat was asked for and given, of performance.now(). */
    times: () => ({ ...times }),

    /** Ask once more for the same greeting, so that a guide who did not come is sent again. */
    askAgain: (): Promise<Seat> => requestSeat(endpointUrl, authorization),

    /**
     * End the greeting and the avatar. Outlives the page (`keepalive`); never rejects: the worker's
     * own limits end a greeting that this could not.
     */
    async end(reason: string): Promise<void> {
      const url = new URL("end/", withSlash(endpointUrl));
      const token = (await settledSeat(seat))?.participantToken;
      const ways = [
        ...(token === undefined ? [] : [() => `Bearer ${token}`]),
        () => header(authorization),
      ];
      for (const way of ways) {
        try {
          const response = await post(url, await way(), { reason }, END_TIMEOUT_MS, {
            keepalive: true,
          });
          if (response.status !== 401 && response.status !== 403) return;
        } catch {
          return;
        }
      }
    },
  };
}

async function requestSeat(url: string, authorization: Authorization | undefined): Promise<Seat> {
  let response: Response;
  let body: unknown;
  try {
    response = await post(
      new URL(url, location.href),
      await header(authorization),
      { client: CLIENT_AVATAR_GREETING },
      REQUEST_TIMEOUT_MS,
    );
    body = await response.json().catch(() => undefined);
  } catch (error) {
    const timedOut = error instanceof DOMException && error.name === "TimeoutError";
    throw new GreetingEndpointError(
      timedOut ? "The greeting did not answer in time." : "The greeting could not be reached.",
      timedOut ? "timeout" : "unreachable",
      true,
      undefined,
      undefined,
    );
  }
  if (!response.ok || field(body, "success") === false) throw errorOf(response.status, body);

  const serverUrl = text(body, "server_url") ?? text(body, "livekit_url");
  const participantToken = text(body, "participant_token") ?? text(body, "livekit_token");
  if (serverUrl === undefined || participantToken === undefined) {
    throw new GreetingEndpointError(
      "The greeting's answer could not be read.",
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
    fallback: fallbackOf(body),
  };
}

function post(
  url: URL,
  authorization: string | undefined,
  body: object,
  timeoutMs: number,
  init: RequestInit = {},
): Promise<Response> {
  const headers = new Headers({ "Content-Type": "application/json", Accept: "application/json" });
  if (authorization !== undefined) headers.set("Authorization", authorization);
  return fetch(url, {
    ...init,
    method: "POST",
    headers,
    body: JSON.stringify(body),
    cache: "no-store",
    signal: AbortSignal.timeout(timeoutMs),
  });
}

async function header(authorization: Authorization | undefined): Promise<string | undefined> {
  const value = typeof authorization === "function" ? await authorization() : authorization;
  if (value === undefined || value === "") return undefined;
  return value.includes(" ") ? value : `Bearer ${value}`;
}

function settledSeat(seat: Promise<Seat> | undefined): Promise<Seat | undefined> {
  if (seat === undefined) return Promise.resolve(undefined);
  const tooLong = new Promise<undefined>((resolve) =>
    setTimeout(() => resolve(undefined), END_WAITS_FOR_SEAT_MS),
  );
  return Promise.race([seat.catch(() => undefined), tooLong]);
}

function errorOf(status: number, body: unknown): GreetingEndpointError {
  const error = field(body, "error");
  const retryable = field(error, "retryable");
  return new GreetingEndpointError(
    text(error, "message") ?? `The greeting answered ${status}.`,
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
