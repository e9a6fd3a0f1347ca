import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { AgentLiveness, type Answer } from "./agentLiveness.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A room with one agent that gives `here.answer`, after 50 ms or after the time limit. */
function room() {
  const here = { agent: "first" as string | undefined, answer: "alive" as Answer };
  const reported: (string | undefined)[] = [];
  const called: string[] = [];
  const call = (agent: string) => {
    called.push(agent);
    const { answer } = here;
    return new Promise<Answer>((resolve) =>
      setTimeout(() => resolve(answer), answer === "alive" ? 50 : 3_000),
    );
  };
  const stop = new AgentLiveness(
    () => here.agent,
    call,
    (agent) => reported.push(agent),
  ).start();
  return { here, reported, called, stop };
}
const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1_000);

test("an agent that answers is called every three seconds and not reported", async () => {
  const { reported, called, stop } = room();
  await seconds(9.5);
  expect(called).toHaveLength(4);
  expect(reported).toEqual([]);
  stop();
  await seconds(30);
  expect(called).toHaveLength(4);
});

test("two missed calls are reported within ten seconds of the last answer", async () => {
  const { here, reported, stop } = room();
  await seconds(3.1);
  here.answer = "silent";
  await seconds(5.8);
  expect(reported).toEqual([]);
  await seconds(3.2);
  expect(reported).toEqual(["first"]);
  await seconds(20);
  expect(reported).toEqual(["first"]);
  stop();
});

test("one missed call is not reported", async () => {
  const { here, reported, stop } = room();
  for (let round = 0; round < 5; round++) {
    here.answer = "silent";
    await seconds(3);
    here.answer = "alive";
    await seconds(3);
  }
  expect(reported).toEqual([]);
  stop();
});

test("a call lost on the page's own connection counts neither as missed nor as answered", async () => {
  const { here, reported, stop } = room();
  await seconds(3.1);
  here.answer = "unknown";
  await seconds(60);
  expect(reported).toEqual([]);
  here.answer = "silent";
  await seconds(9.1);
  expect(reported).toEqual(["first"]);
  here.answer = "unknown";
  await seconds(10);
  expect(reported).toEqual(["first"]);
  stop();
});

test("an agent that answers again, or a new one, counts as alive", async () => {
  const { here, reported, called, stop } = room();
  here.answer = "silent";
  await seconds(9);
  expect(reported).toEqual(["first"]);
  here.answer = "alive";
  await seconds(6);
  expect(reported).toEqual(["first", undefined]);
  here.answer = "silent";
  await seconds(9);
  here.agent = "second";
  here.answer = "alive";
  await seconds(6);
  expect(reported).toEqual(["first", undefined, "first", undefined]);
  expect(called.at(-1)).toBe("second");
  stop();
});

test("no call is made in an empty room", async () => {
  const { here, called, stop } = room();
  here.agent = undefined;
  await seconds(3.1);
  const before = called.length;
  await seconds(10);
  expect(called).toHaveLength(before);
  stop();
});
