import { ParticipantEvent, Room, RoomEvent } from "livekit-client";
import { expect, test, vi } from "vitest";

import { catchRefusedSound } from "./microphoneSound.js";

test("sound that the browser refuses after the microphone is not an uncaught error", async () => {
  const room = new Room();
  const startAudio = room.startAudio as VoidFunction;
  const refused = vi.fn(() => Promise.reject(new DOMException("No.", "NotAllowedError")));
  room.localParticipant.off(ParticipantEvent.AudioStreamAcquired, startAudio);
  room.startAudio = refused;
  const listener = room.startAudio as VoidFunction;
  room.localParticipant.on(ParticipantEvent.AudioStreamAcquired, listener);
  const stop = catchRefusedSound(room);
  room.emit(RoomEvent.Connected);
  // An unhandled rejection fails the test run.
  room.localParticipant.emit(ParticipantEvent.AudioStreamAcquired);
  await Promise.resolve();
  expect(refused).toHaveBeenCalledOnce();
  stop();
  room.localParticipant.emit(ParticipantEvent.AudioStreamAcquired);
  expect(refused).toHaveBeenCalledOnce();
});
