import { ParticipantKind, type RemoteParticipant } from "livekit-client";
import { expect, test } from "vitest";

import { closingIn, isAgent, modeReasonIn, newestAgent } from "./useGuide.js";

const participant = (
  identity: string,
  kind: ParticipantKind,
  joinedAt: number,
  attributes: Record<string, string> = {},
) => ({ identity, kind, attributes, joinedAt: new Date(joinedAt) }) as unknown as RemoteParticipant;

const human = participant("trainee", ParticipantKind.STANDARD, 9);
const ghost = participant("ghost", ParticipantKind.AGENT, 1);
const agent = participant("agent", ParticipantKind.AGENT, 5);
const avatar = participant("avatar", ParticipantKind.AGENT, 7, { "lk.publish_on_behalf": "agent" });

test("the guide is the newest agent: not its avatar, not a person, not a dead one's ghost", () => {
  expect(newestAgent([ghost, human, avatar, agent])).toBe(agent);
  expect(newestAgent([agent, ghost])).toBe(agent);
  expect(newestAgent([human, avatar])).toBeUndefined();
});

test("an avatar is no agent of its own", () => {
  expect([human, agent, avatar].map(isAgent)).toEqual([false, true, false]);
});

test("only what the contract names closes the greeting", () => {
  expect(["soon", "highlight_continue", "continue", "", "later", undefined].map(closingIn)).toEqual(
    ["soon", "highlight_continue", "continue", undefined, undefined, undefined],
  );
});

test("only what the contract names is a reason to show", () => {
  expect(["avatar_budget", "speech_failed", "", "tired", undefined].map(modeReasonIn)).toEqual([
    "avatar_budget",
    "speech_failed",
    undefined,
    undefined,
    undefined,
  ]);
});
