/** What the page asks of the agent besides the captions; tests/browser has the captions. */
import { act, renderHook, waitFor } from "@testing-library/react";
import { RoomEvent } from "livekit-client";
import { expect, test, vi } from "vitest";

import { fakeRoom } from "../test/fakeRoom.js";
import { linesFrom } from "./earlierLines.js";
import { useCaptions } from "./useCaptions.js";

test("a page that joins later gets the earlier lines, after the agent knows it", async () => {
  const lines = [{ from: "agent", text: "Hello.", lang: "es" }];
  const answers = ["ignored", JSON.stringify({ lines })];
  const { room, calls, join } = fakeRoom(() => answers.shift() ?? "");
  join("agent");
  const { result } = renderHook(() => useCaptions(room));
  room.emit(RoomEvent.Connected);
  await waitFor(() => expect(result.current.captions).toHaveLength(1));
  expect(result.current.captions[0]).toMatchObject({ text: "Hello.", lang: "es", earlier: true });
  expect(calls.map(({ method }) => method)).toEqual(["earlier_lines", "earlier_lines"]);
});

test.each(["", "ignored", "{}", "[]", "null"])("the answer %j has no lines", (text) => {
  expect(linesFrom(text)).toBeUndefined();
});

test("typing is reported at most every two seconds", async () => {
  vi.useFakeTimers();
  const { room, calls, join } = fakeRoom(() => Promise.reject(new Error("lost")));
  join("agent");
  const { result } = renderHook(() => useCaptions(room));
  for (let tick = 0; tick < 50; tick++) {
    act(() => result.current.typing());
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(calls.map(({ method }) => method)).toEqual(["typing", "typing", "typing"]);
  vi.useRealTimers();
});
