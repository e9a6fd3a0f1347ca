import { EventEmitter } from "node:events";

import {
  ConnectionState,
  type RemoteParticipant,
  type RemoteTrack,
  type RemoteTrackPublication,
  RoomEvent,
  Track,
} from "livekit-client";
import { expect, test, vi } from "vitest";

import { delay } from "../lib/timing.js";
import { fakeRoom } from "../test/fakeRoom.js";
import { type Playback, PlaybackReporter } from "./playbackReporter.js";

/** A room whose agent receives each call after the next of `latencies`, in ms. */
function roomWithAgent(latencies: number[]) {
  const received: string[] = [];
  const { room, join } = fakeRoom(async ({ payload }) => {
    await delay(latencies.shift() ?? 0);
    received.push(payload);
    return "ok";
  });
  const elements: { paused: boolean }[] = [];
  const track = Object.assign(new EventEmitter(), {
    kind: Track.Kind.Audio,
    attachedElements: elements,
  });
  const publication = { track } as unknown as RemoteTrackPublication;
  const agent = join("agent", { trackPublications: new Map([["TR_1", publication]]) });
  const about = [
    track as unknown as RemoteTrack,
    publication,
    agent as unknown as RemoteParticipant,
  ] as const;
  const subscribed = () => room.emit(RoomEvent.TrackSubscribed, ...about);
  const played = () => {
    elements.push({ paused: false });
    room.emit(RoomEvent.AudioPlaybackStatusChanged, true);
  };
  /** As livekit-client does it: the last track events come while `state` is still connected. */
  const closed = () => {
    agent.trackPublications.clear();
    room.emit(RoomEvent.TrackUnsubscribed, ...about);
    room.state = ConnectionState.Disconnected;
    room.emit(RoomEvent.Disconnected);
  };
  return { room, received, subscribed, played, closed };
}

test("the agent's last report is the newest one, even if an older one arrives later", async () => {
  const { room, received, subscribed, played } = roomWithAgent([80, 5]);
  const stop = new PlaybackReporter(room, () => undefined).start();
  subscribed();
  played();
  await vi.waitFor(() => expect(received).toHaveLength(3));
  expect(
    received.map((report) => (JSON.parse(report) as { sound_unlocked: boolean }).sound_unlocked),
  ).toEqual([true, false, true]);
  await delay(150);
  expect(received).toHaveLength(3);
  stop();
});

test("a trainee who reads along is not waited for, although the browser plays no sound", async () => {
  const { room, received, subscribed } = roomWithAgent([]);
  const shown: Playback[] = [];
  const reporter = new PlaybackReporter(room, (playback) => shown.push(playback));
  const stop = reporter.start();
  subscribed();
  await delay(20);
  reporter.setSound(false);
  await vi.waitFor(() => expect(shown.at(-1)).toBe("off"));
  await vi.waitFor(() =>
    expect(JSON.parse(received.at(-1) ?? "{}")).toEqual({
      sound_unlocked: true,
      audio_from: ["agent"],
    }),
  );
  stop();
});

test("each report is sent once", async () => {
  const { room, received, subscribed, played } = roomWithAgent([]);
  const stop = new PlaybackReporter(room, () => undefined).start();
  subscribed();
  await delay(20);
  played();
  await delay(150);
  expect(received).toHaveLength(2);
  stop();
});

test("no report is sent while or after the room closes", async () => {
  const { room, received, subscribed, played, closed } = roomWithAgent([]);
  const performRpc = vi.spyOn(room.localParticipant, "performRpc");
  const stop = new PlaybackReporter(room, () => undefined).start();
  subscribed();
  played();
  await vi.waitFor(() => expect(received.length).toBeGreaterThan(0));
  await delay(50);
  const before = performRpc.mock.calls.length;
  closed();
  await delay(600);
  expect(performRpc).toHaveBeenCalledTimes(before);
  stop();
});
