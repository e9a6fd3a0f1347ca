/** What the page asks of the agent besides the captions; tests/browser has the captions. */
import { act, renderHook, waitFor } from "@testing-library/react";
import {
  ConnectionState,
  ParticipantKind,
  type RemoteParticipant,
  Room,
  RoomEvent,
} from "livekit-client";
import { beforeEach, expect, test, vi } from "vitest";

import { linesFrom } from "./earlierLines.js";
import { useCaptions } from "./useCaptions.js";

let room: Room;
let answer: (method: string) => Promise<string>;
let calls: string[];

beforeEach(() => {
  room = new Room();
  calls = [];
  room.state = ConnectionState.Connected;
  const agent = { identity: "agent", kind: ParticipantKind.AGENT, attributes: {}, joinedAt: 1 };
  room.remoteParticipants.set("agent", agent as unknown as RemoteParticipant);
  Object.assign(room.localParticipant, {
    performRpc: ({ method }: { method: string }) => {
      calls.push(method);
      return answer(method);
    },
  });
});

test("a page that joins later gets the earlier lines, after the agent knows it", async () => {
  const lines = [{ from: "agent", text: "Hello.", lang: "es" }];
  const answers = ["ignored", JSON.stringify({ lines })];
  answer = () => Promise.resolve(answers.shift() ?? "");
  const { result } = renderHook(() => useCaptions(room));
  room.emit(RoomEvent.Connected);
  await waitFor(() => expect(result.current.captions).toHaveLength(1));
  expect(result.current.captions[0]).toMatchObject({ text: "Hello.", lang: "es", earlier: true });
  expect(calls).toEqual(["earlier_lines", "earlier_lines"]);
});

test.each(["", "ignored", "{}", "[]", "null"])("the answer %j has no lines", (text) => {
  expect(linesFrom(text)).toBeUndefined();
});

test("typing is reported at most every two seconds", async () => {
  vi.useFakeTimers();
  answer = () => Promise.reject(new Error("lost"));
  const { result } = renderHook(() => useCaptions(room));
  for (let tick = 0; tick < 50; tick++) {
    act(() => result.current.typing());
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(calls).toEqual(["typing", "typing", "typing"]);
  vi.useRealTimers();
});
