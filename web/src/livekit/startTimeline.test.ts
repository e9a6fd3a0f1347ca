import { RoomEvent } from "livekit-client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { fakeRoom } from "../test/fakeRoom.js";
import { StartTimeline } from "./startTimeline.js";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("the page reports the age of each moment once, after the agent speaks", async () => {
  const { room, calls, join } = fakeRoom();
  join("agent", { isSpeaking: true });
  const timeline = new StartTimeline(room);
  const stop = timeline.start();
  timeline.mark("page_asked", performance.now() - 500);
  room.emit(RoomEvent.Connected);
  room.emit(RoomEvent.ActiveSpeakersChanged, []);
  await vi.advanceTimersByTimeAsync(4_000);
  expect(calls).toEqual([]); // sound is still blocked

  timeline.mark("page_sound");
  room.emit(RoomEvent.ActiveSpeakersChanged, []);
  await vi.advanceTimersByTimeAsync(1_000);
  room.emit(RoomEvent.ActiveSpeakersChanged, []);
  await vi.advanceTimersByTimeAsync(9_000);
  expect(calls.map(({ method }) => method)).toEqual(["start_timeline"]);
  expect(JSON.parse(calls[0]?.payload ?? "{}")).toEqual({
    page_asked: 7_500,
    page_connected: 7_000,
    page_sound: 3_000,
    page_audio: 3_000,
  });
  stop();
});
