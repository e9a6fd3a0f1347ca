// @vitest-environment node
import { EventEmitter } from "node:events";

import { ParticipantKind, type Room, RoomEvent } from "livekit-client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { StartTimeline } from "./startTimeline.js";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("once the guide speaks, it is told how long ago each moment was, once", async () => {
  const told: { method: string; payload: string }[] = [];
  const agent = {
    identity: "agent",
    kind: ParticipantKind.AGENT,
    attributes: {},
    isSpeaking: true,
  };
  const room = Object.assign(new EventEmitter(), {
    remoteParticipants: new Map([["agent", agent]]),
    localParticipant: {
      performRpc: (call: { method: string; payload: string }) => {
        told.push(call);
        return Promise.resolve("ok");
      },
    },
  });
  const timeline = new StartTimeline(room as unknown as Room);
  const stop = timeline.start();
  timeline.mark("page_asked", performance.now() - 500);
  room.emit(RoomEvent.Connected);
  room.emit(RoomEvent.ActiveSpeakersChanged, []);
  await vi.advanceTimersByTimeAsync(4_000);
  expect(told).toEqual([]); // nobody can hear it yet

  timeline.mark("page_sound");
  room.emit(RoomEvent.ActiveSpeakersChanged, []);
  await vi.advanceTimersByTimeAsync(1_000);
  room.emit(RoomEvent.ActiveSpeakersChanged, []);
  await vi.advanceTimersByTimeAsync(9_000);
  expect(told.map(({ method }) => method)).toEqual(["start_timeline"]);
  expect(JSON.parse(told[0]?.payload ?? "{}")).toEqual({
    page_asked: 7_500,
    page_connected: 7_000,
    page_sound: 3_000,
    page_audio: 3_000,
  });
  stop();
});
