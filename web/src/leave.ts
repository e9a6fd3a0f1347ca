/** The way out: end the greeting as far as that is possible in a moment, then go on. */
import { ConnectionState, type Room, RoomEvent } from "livekit-client";

import type { GreetingEndpoint } from "./endpoint.js";
import { RPC_END_GREETING } from "./roomContract.js";
import { isAgent } from "./useGuide.js";

/** Nobody is kept waiting longer than this on their way to the training. */
const LEAVE_WITHIN_MS = 1_200;
const DISCONNECT_WITHIN_MS = 300;
const REASON = "continue";

/** End the greeting both ways, by the room and by the endpoint; resolves within 1.5 s, never rejects. */
export async function endGreeting(room: Room, endpoint: GreetingEndpoint): Promise<void> {
  const agents = [...room.remoteParticipants.values()].filter(isAgent);
  const endings = [
    endpoint.end(REASON),
    ...agents.map(({ identity }) =>
      room.localParticipant.performRpc({
        destinationIdentity: identity,
        method: RPC_END_GREETING,
        payload: JSON.stringify({ reason: REASON }),
      }),
    ),
  ];
  // The guide may close the room before it can answer: that is an ending too.
  await Promise.race([Promise.allSettled(endings), closed(room), after(LEAVE_WITHIN_MS)]);
  // Leaving before the page does: torn down with it, the SDK logs errors where nothing is wrong.
  await Promise.race([room.disconnect(), after(DISCONNECT_WITHIN_MS)]);
}

function closed(room: Room): Promise<void> {
  if (room.state === ConnectionState.Disconnected) return new Promise(() => undefined);
  return new Promise((resolve) => room.once(RoomEvent.Disconnected, () => resolve()));
}

/** Where to go: only to a page, never to a `javascript:` or another scheme. */
export function safeUrl(url: string | undefined): string | undefined {
  if (url === undefined || url === "") return undefined;
  try {
    const { protocol, href } = new URL(url, location.href);
    return protocol === "http:" || protocol === "https:" ? href : undefined;
  } catch {
    return undefined;
  }
}

export function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
