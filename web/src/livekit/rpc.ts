import { ConnectionState, type Room } from "livekit-client";

import { newestAgent } from "./agentPresence.js";

/** Call a method of the agent; rejects if there is none, or the page is not connected. */
export async function callAgent(room: Room, method: string, payload: string): Promise<string> {
  const agent = newestAgent(room.remoteParticipants.values());
  if (agent === undefined) throw new Error("there is no agent");
  return callParticipant(room, agent.identity, method, payload);
}

/**
 * Call a method of a participant; rejects if the page is not connected.
 *
 * livekit-client 2.23.0 does not handle the error of sending the request. In a closing room, each call
 * therefore causes an uncaught "PC manager is closed" in the host's console, even if the caller catches
 * the rejection (https://github.com/livekit/client-sdk-js/issues/1724). livekit-client sends the last room
 * events and sets `state` in one synchronous step, so the state is only reliable one microtask
 * after an event. Remove both when `Room` handles the rejection of `engine.sendDataPacket`.
 */
export async function callParticipant(
  room: Room,
  destinationIdentity: string,
  method: string,
  payload: string,
): Promise<string> {
  await Promise.resolve();
  if (room.state !== ConnectionState.Connected) throw new Error("the room is not connected");
  return room.localParticipant.performRpc({ destinationIdentity, method, payload });
}
