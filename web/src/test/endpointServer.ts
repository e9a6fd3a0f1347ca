/** A fake token endpoint on a real socket; it records the requests. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  path: string;
  authorization: string | undefined;
  body: unknown;
}

export interface Answer {
  status: number;
  /** An object is sent as JSON, a string unchanged. */
  body: unknown;
  delayMs?: number;
}

export const FALLBACK = {
  welcome_text: "Welcome to Acme!",
  continue_url: "https://training.example/video",
  locale: "en",
};

/** A token that the SDK can read; its signature is not valid. */
export const tokenFor = (name?: string) =>
  [
    { alg: "HS256" },
    { exp: Math.floor(Date.now() / 1000) + 900, name, video: { room: "training-session-7" } },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .concat("c2lnbmF0dXJl")
    .join(".");

export const TOKEN = tokenFor();

export const SUCCESS = {
  success: true,
  session_id: "7",
  room_name: "training-session-7",
  livekit_url: "ws://127.0.0.1:9",
  livekit_token: TOKEN,
  server_url: "ws://127.0.0.1:9",
  participant_token: TOKEN,
  fallback: FALLBACK,
};

export function failure(code: string, retryable: boolean) {
  return { success: false, error: { code, message: "No.", retryable }, fallback: FALLBACK };
}

export async function endpointServer(answer: (request: Received) => Answer) {
  const requests: Received[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    void read(request).then((text) => {
      response.setHeader("Access-Control-Allow-Origin", "*");
      response.setHeader("Access-Control-Allow-Headers", "*");
      if (request.method === "OPTIONS") return response.writeHead(204).end();
      const received: Received = {
        path: request.url ?? "",
        authorization: request.headers.authorization,
        body: text === "" ? undefined : JSON.parse(text),
      };
      requests.push(received);
      headers.push(request.headers);
      const { status, body, delayMs = 0 } = answer(received);
      setTimeout(() => {
        response.writeHead(status, { "Content-Type": "application/json" });
        response.end(typeof body === "string" ? body : JSON.stringify(body));
      }, delayMs);
      return response;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api/users/sessions/7/avatar-greeting/`,
    requests,
    headers,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function read(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
