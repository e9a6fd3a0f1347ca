import { ParticipantEvent, type Room, RoomEvent } from "livekit-client";

import { onRoomEvents } from "./roomEvents.js";

/**
 * Handle the error if the browser still refuses sound when it grants the microphone.
 *
 * livekit-client 2.23.0 then calls `startAudio` (https://github.com/livekit/client-sdk-js/pull/919)
 * and leaves its error uncaught in the host's console. This replaces that listener. Remove it when
 * `Room` handles the error.
 *
 * Returns: a function that stops it.
 */
export function catchRefusedSound(room: Room): () => void {
  const event = ParticipantEvent.AudioStreamAcquired;
  const { localParticipant } = room;
  const startAudio = room.startAudio as VoidFunction;
  const startQuietly = () => {
    room.startAudio().catch(() => undefined);
  };
  // The room adds its listener again whenever it connects.
  const replace = () => {
    localParticipant.off(event, startAudio).off(event, startQuietly).on(event, startQuietly);
  };
  replace();
  const stop = onRoomEvents(room, { [RoomEvent.Connected]: replace });
  return () => {
    stop();
    localParticipant.off(event, startQuietly);
  };
}
