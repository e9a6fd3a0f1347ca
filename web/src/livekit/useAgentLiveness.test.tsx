import { act, renderHook } from "@testing-library/react";
import { type Room, RpcError } from "livekit-client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { delay } from "../lib/timing.js";
import { fakeRoom } from "../test/fakeRoom.js";
import { useAgentLiveness } from "./useAgentLiveness.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const seconds = (count: number) => act(() => vi.advanceTimersByTimeAsync(count * 1_000));

/** Packets arrive all the time. */
function receivesPackets(room: Room, connection = { currentRoundTripTime: 0.1 }) {
  let packetsReceived = 0;
  const getRTCStatsReport = () => {
    const pair = { type: "candidate-pair", nominated: true, ...connection };
    return Promise.resolve(new Map([["1", { ...pair, packetsReceived: ++packetsReceived }]]));
  };
  const publications = new Map([["TR_1", { track: { getRTCStatsReport } }]]);
  Object.assign(room.localParticipant, { trackPublications: publications });
}

test("an agent whose answers are late is not dead while it or its avatar is heard", async () => {
  const { room, join } = fakeRoom(() =>
    Promise.reject(new RpcError(RpcError.ErrorCode.CONNECTION_TIMEOUT, "late")),
  );
  receivesPackets(room);
  join("agent");
  const avatar = join("avatar", {
    attributes: { "lk.publish_on_behalf": "agent" },
    isSpeaking: true,
  });
  const { result } = renderHook(() => useAgentLiveness(room));
  await seconds(20);
  expect(result.current).toEqual({ deadAgentSid: undefined, late: true });
  avatar.isSpeaking = false;
  await seconds(9);
  expect(result.current).toEqual({ deadAgentSid: "agent", late: false });
});

test("an agent whose answers take longer than a call is not dead", async () => {
  let latencyMs = 7_000;
  const { room, join } = fakeRoom(async () => {
    await delay(latencyMs);
    return "yes";
  });
  receivesPackets(room);
  join("agent");
  const { result } = renderHook(() => useAgentLiveness(room));
  // Nothing has shown yet that the connection is slow.
  await seconds(6.5);
  expect(result.current.deadAgentSid).toBe("agent");
  await seconds(13);
  expect(result.current).toEqual({ deadAgentSid: undefined, late: true });
  latencyMs = 500;
  await seconds(9);
  expect(result.current).toEqual({ deadAgentSid: undefined, late: false });
  // From now on, the connection counts as slow.
  latencyMs = 60_000;
  await seconds(15);
  expect(result.current.deadAgentSid).toBeUndefined();
  await seconds(9);
  expect(result.current).toEqual({ deadAgentSid: "agent", late: false });
});

test("an agent without an answer is not dead while packets take long", async () => {
  const { room, join } = fakeRoom(() => new Promise<string>(() => undefined));
  const connection = { currentRoundTripTime: 2.5 };
  receivesPackets(room, connection);
  join("agent");
  const { result } = renderHook(() => useAgentLiveness(room));
  await seconds(20);
  expect(result.current).toEqual({ deadAgentSid: undefined, late: true });
  connection.currentRoundTripTime = 0.2;
  await seconds(9);
  expect(result.current).toEqual({ deadAgentSid: "agent", late: false });
});

test("an agent without an answer is dead, also if there is no track", async () => {
  const { room, join } = fakeRoom(() => new Promise<string>(() => undefined));
  join("agent");
  const { result } = renderHook(() => useAgentLiveness(room));
  await seconds(9);
  expect(result.current.deadAgentSid).toBe("agent");
});
