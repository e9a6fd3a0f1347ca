import { act, renderHook } from "@testing-library/react";
import { RoomEvent } from "livekit-client";
import { expect, test } from "vitest";

import { fakeRoom } from "../test/fakeRoom.js";
import { ATTRIBUTE_QUESTIONS } from "./roomContract.js";
import { useAgentPresence } from "./useAgentPresence.js";

const STATE = "lk.agent.state";
const QUESTIONS = JSON.stringify({ total: 0, answered: 0, skipped: 0, open: null });

function show() {
  const { room, join } = fakeRoom();
  const { result } = renderHook(() => useAgentPresence(room, undefined));
  const meet = (identity: string, attributes: Record<string, string>) =>
    act(() => {
      const agent = room.remoteParticipants.get(identity);
      if (agent === undefined) return void join(identity, { attributes });
      Object.assign(agent, { attributes });
      room.emit(RoomEvent.ParticipantAttributesChanged, attributes, agent);
    });
  return { result, meet };
}

test("an agent that listens is getting ready until it has begun its opening", () => {
  const { result, meet } = show();
  meet("agent", { [STATE]: "listening" });
  expect(result.current?.activity).toBe("getting_ready");
  meet("agent", { [STATE]: "speaking" });
  meet("agent", { [STATE]: "listening" });
  expect(result.current?.activity).toBe("listening");
  // It replaces a lost agent.
  meet("another", { [STATE]: "listening" });
  expect(result.current?.activity).toBe("getting_ready");
});

test("an agent that announces its questions has said its opening before this page joined", () => {
  const { result, meet } = show();
  meet("agent", { [STATE]: "listening", [ATTRIBUTE_QUESTIONS]: QUESTIONS });
  expect(result.current?.activity).toBe("listening");
});
