import { act, renderHook } from "@testing-library/react";
import { ConnectionQuality, type Participant, Room, RoomEvent } from "livekit-client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { useSlowConnection } from "./useSlowConnection.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function show() {
  const room = new Room();
  const { result, rerender } = renderHook(({ late }) => useSlowConnection(room, late), {
    initialProps: { late: false },
  });
  const report = (quality: ConnectionQuality, participant: Participant = room.localParticipant) =>
    act(() => void room.emit(RoomEvent.ConnectionQualityChanged, quality, participant));
  const wait = (seconds: number) => act(() => void vi.advanceTimersByTime(seconds * 1000));
  return { result, rerender, report, wait };
}

test("a connection is slow once it has been poor for some seconds, and until it is good again", () => {
  const { result, report, wait } = show();
  report(ConnectionQuality.Poor);
  wait(4);
  expect(result.current).toBe(false);
  report(ConnectionQuality.Lost);
  wait(2);
  expect(result.current).toBe(true);
  report(ConnectionQuality.Good);
  wait(4);
  expect(result.current).toBe(true);
  wait(2);
  expect(result.current).toBe(false);
});

test("late answers count, a moment of them and another participant's connection do not", () => {
  const { result, rerender, report, wait } = show();
  report(ConnectionQuality.Poor, { isLocal: false } as unknown as Participant);
  wait(10);
  rerender({ late: true });
  wait(3);
  rerender({ late: false });
  wait(10);
  expect(result.current).toBe(false);
  rerender({ late: true });
  wait(6);
  expect(result.current).toBe(true);
});
