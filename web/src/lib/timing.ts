/** Timers as promises. */

/** Resolve after `ms`, or as soon as `signal` is aborted. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal?.addEventListener("abort", finish);
    if (signal?.aborted === true) finish();
  });
}

/** Resolve as soon as `signal` is aborted. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** The result of `work`, or undefined if it takes longer than `ms`. The work is not cancelled. */
export function resultWithin<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  return Promise.race([work, delay(ms).then(() => undefined)]);
}

/**
 * The result of `work`; rejects if it takes longer than `ms` or if `signal` is aborted first. The
 * work is not cancelled.
 */
export function rejectAfter<T>(work: Promise<T>, ms: number, signal: AbortSignal): Promise<T> {
  const limit = delay(ms, signal).then(() => {
    throw new Error("timed out or aborted");
  });
  return Promise.race([work, limit]);
}
