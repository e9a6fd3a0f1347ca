import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { delay, rejectAfter, resultWithin, whenAborted } from "./timing.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const never = new Promise<string>(() => undefined);

test("delay resolves after its time, or when aborted", async () => {
  const done = vi.fn();
  void delay(1_000).then(done);
  await vi.advanceTimersByTimeAsync(999);
  expect(done).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(done).toHaveBeenCalledOnce();

  const abort = new AbortController();
  const aborted = delay(60_000, abort.signal);
  abort.abort();
  await aborted;
  await delay(60_000, abort.signal);
  expect(vi.getTimerCount()).toBe(0);
});

test("whenAborted resolves for a signal that is aborted, before or after", async () => {
  const abort = new AbortController();
  const later = whenAborted(abort.signal);
  abort.abort();
  await later;
  await whenAborted(abort.signal);
});

test("resultWithin returns the result, or undefined when it takes too long", async () => {
  expect(await resultWithin(Promise.resolve("result"), 1_000)).toBe("result");
  const late = resultWithin(never, 1_000);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await late).toBeUndefined();
});

test("rejectAfter rejects when it takes too long or is aborted", async () => {
  const { signal } = new AbortController();
  expect(await rejectAfter(Promise.resolve("result"), 1_000, signal)).toBe("result");
  const late = expect(rejectAfter(never, 1_000, signal)).rejects.toThrow("timed out");
  await vi.advanceTimersByTimeAsync(1_000);
  await late;
  await expect(rejectAfter(never, 1_000, AbortSignal.abort())).rejects.toThrow("aborted");
});
