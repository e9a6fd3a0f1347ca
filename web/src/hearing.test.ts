// @vitest-environment node
import { EventEmitter } from "node:events";

import { ParticipantKind, type Room, RoomEvent, Track } from "livekit-client";
import { expect, test, vi } from "vitest";

import { Hearing } from "./hearing.js";
import { after } from "./leave.js";

/** A room whose agent takes a call's words in after as many ms as `takes` says, call by call. */
function roomWithAgent(takes: number[]) {
  const heard: string[] = [];
  const elements: { paused: boolean }[] = [];
  const track = Object.assign(new EventEmitter(), {
    kind: Track.Kind.Audio,
    attachedElements: elements,
  });
  const agent = {
    sid: "PA_1",
    identity: "agent",
    kind: ParticipantKind.AGENT,
    attributes: {},
    trackPublications: new Map([["TR_1", { track }]]),
  };
  const room = Object.assign(new EventEmitter(), {
    remoteParticipants: new Map([["agent", agent]]),
    localParticipant: {
      performRpc: async ({ payload }: { payload: string }) => {
        await after(takes.shift() ?? 0);
        heard.push(payload);
        return "ok";
      },
    },
  });
  const subscribed = () => room.emit(RoomEvent.TrackSubscribed, track);
  const played = () => {
    elements.push({ paused: false });
    room.emit(RoomEvent.AudioPlaybackStatusChanged);
  };
  return { room: room as unknown as Room, heard, subscribed, played };
}

test("what the agent takes in last is what is true, also when an older report overtakes it", async () => {
  const { room, heard, subscribed, played } = roomWithAgent([80, 5]);
  const stop = new Hearing(room, () => undefined).start();
  subscribed();
  played();
  await vi.waitFor(() => expect(heard).toHaveLength(3));
  expect(
    heard.map((report) => (JSON.parse(report) as { sound_unlocked: boolean }).sound_unlocked),
  ).toEqual([true, false, true]);
  await after(150);
  expect(heard).toHaveLength(3);
  stop();
});

test("one report at a time is said once", async () => {
  const { room, heard, subscribed, played } = roomWithAgent([]);
  const stop = new Hearing(room, () => undefined).start();
  subscribed();
  await after(20);
  played();
  await after(150);
  expect(heard).toHaveLength(2);
  stop();
});
