import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { type Answer, Pulse } from "./pulse.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A room with one guide, who answers as told; `silent` takes all the time there is. */
function room() {
  const here = { guide: "first" as string | undefined, answer: "alive" as Answer };
  const told: (string | undefined)[] = [];
  const asked: string[] = [];
  const ask = (guide: string) => {
    asked.push(guide);
    const { answer } = here;
    return new Promise<Answer>((resolve) =>
      setTimeout(() => resolve(answer), answer === "alive" ? 50 : 3_000),
    );
  };
  const stop = new Pulse(
    () => here.guide,
    ask,
    (guide) => told.push(guide),
  ).start();
  return { here, told, asked, stop };
}
const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1_000);

test("a guide who answers is asked every three seconds, and nothing is said", async () => {
  const { told, asked, stop } = room();
  await seconds(9.5);
  expect(asked).toHaveLength(4);
  expect(told).toEqual([]);
  stop();
  await seconds(30);
  expect(asked).toHaveLength(4);
});

test("two questions without an answer are enough, within ten seconds of the last one", async () => {
  const { here, told, stop } = room();
  await seconds(3.1);
  here.answer = "silent";
  await seconds(5.8);
  expect(told).toEqual([]);
  await seconds(3.2);
  expect(told).toEqual(["first"]);
  await seconds(20);
  expect(told).toEqual(["first"]);
  stop();
});

test("one question without an answer is a busy machine", async () => {
  const { here, told, stop } = room();
  for (let round = 0; round < 5; round++) {
    here.answer = "silent";
    await seconds(3);
    here.answer = "alive";
    await seconds(3);
  }
  expect(told).toEqual([]);
  stop();
});

test("our own line lost is not the guide's death, nor is it a sign of life", async () => {
  const { here, told, stop } = room();
  await seconds(3.1);
  here.answer = "unknown";
  await seconds(60);
  expect(told).toEqual([]);
  here.answer = "silent";
  await seconds(9.1);
  expect(told).toEqual(["first"]);
  here.answer = "unknown";
  await seconds(10);
  expect(told).toEqual(["first"]);
  stop();
});

test("who answers again, and who comes instead, is no ghost", async () => {
  const { here, told, asked, stop } = room();
  here.answer = "silent";
  await seconds(9);
  expect(told).toEqual(["first"]);
  here.answer = "alive";
  await seconds(6);
  expect(told).toEqual(["first", undefined]);
  here.answer = "silent";
  await seconds(9);
  here.guide = "second";
  here.answer = "alive";
  await seconds(6);
  expect(told).toEqual(["first", undefined, "first", undefined]);
  expect(asked.at(-1)).toBe("second");
  stop();
});

test("in an empty room nobody is asked", async () => {
  const { here, asked, stop } = room();
  here.guide = undefined;
  await seconds(3.1);
  const before = asked.length;
  await seconds(10);
  expect(asked).toHaveLength(before);
  stop();
});
