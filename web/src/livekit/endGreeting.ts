/** End the greeting from the page. */
import { ConnectionState, type Room, RoomEvent } from "livekit-client";

import type { EndpointClient } from "../endpoint/endpointClient.js";
import { resultWithin } from "../lib/timing.js";
import { isAgent } from "./agentPresence.js";
import { RPC_END_GREETING } from "./roomContract.js";
import { callParticipant } from "./rpc.js";

/** The trainee waits at most this long for feedback, for the two ends below, and for the disconnect. */
const FEEDBACK_TIMEOUT_MS = 300;
const END_TIMEOUT_MS = 900;
const DISCONNECT_TIMEOUT_MS = 300;
const REASON = "continue";

/**
 * Tell both the agent and the endpoint to end the greeting. Resolves within 1.5 s, never rejects.
 *
 * Args:
 *   feedbackSent: resolves when no feedback is on its way. It could come after the end otherwise, and
 *     the page may be closed before it is sent again.
 */
export async function endGreeting(
  room: Room,
  endpoint: EndpointClient,
  feedbackSent: Promise<unknown>,
): Promise<void> {
  await resultWithin(feedbackSent, FEEDBACK_TIMEOUT_MS);
  const agents = [...room.remoteParticipants.values()].filter(isAgent);
  const requests = Promise.allSettled([
    endpoint.end(REASON),
    ...agents.map(({ identity }) =>
      callParticipant(room, identity, RPC_END_GREETING, JSON.stringify({ reason: REASON })),
    ),
  ]);
  // The agent may close the room before it answers; that ends the greeting too.
  await resultWithin(Promise.race([requests, roomClosed(room)]), END_TIMEOUT_MS);
  // Disconnect before the page unloads; otherwise LiveKit logs errors about the lost connection.
  await resultWithin(room.disconnect(), DISCONNECT_TIMEOUT_MS);
}

/** Resolves when the room closes; never, if the page is not connected. */
function roomClosed(room: Room): Promise<void> {
  return new Promise((resolve) => {
    if (room.state === ConnectionState.Disconnected) return;
    room.once(RoomEvent.Disconnected, () => resolve());
  });
}
