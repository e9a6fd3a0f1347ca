import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { fakeRoom } from "../test/fakeRoom.js";
import { LabelReporter } from "./labelReporter.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function roomWith(answers: string[]) {
  const { calls, ...room } = fakeRoom(({ method }) => {
    expect(method).toBe("labels_shown");
    return answers.shift() ?? "ok";
  });
  return { ...room, reports: () => calls.map(({ payload }) => JSON.parse(payload) as unknown) };
}

test("each agent learns how long ago each label was visible for the first time", async () => {
  const { room, join, reports } = roomWith([]);
  const reporter = new LabelReporter(room);
  const stop = reporter.start();
  reporter.shown("ai");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(reports()).toEqual([]);

  join("first");
  await vi.advanceTimersByTimeAsync(1_000);
  reporter.shown("ai");
  reporter.shown("recording");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(reports()).toEqual([{ ai: 2_000 }, { ai: 3_000, recording: 0 }]);

  join("second");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(reports()).toHaveLength(3);
  stop();
  join("third");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(reports()).toHaveLength(3);
});

test("a report is repeated until the agent accepts it", async () => {
  const { room, join, reports } = roomWith(["ignored", "ignored"]);
  const reporter = new LabelReporter(room);
  const stop = reporter.start();
  reporter.shown("ai");
  join("agent");
  await vi.advanceTimersByTimeAsync(20_000);
  expect(reports()).toEqual([{ ai: 0 }, { ai: 100 }, { ai: 400 }]);
  stop();
});
