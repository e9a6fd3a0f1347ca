import { ParticipantKind, type RemoteParticipant } from "livekit-client";
import { describe, expect, test } from "vitest";

import { agentActivity, agentStatus, isAgent, isAvatarOf, newestAgent } from "./agentPresence.js";

const participant = (
  identity: string,
  kind: ParticipantKind,
  joinedAt: number,
  attributes: Record<string, string> = {},
) => ({ identity, kind, attributes, joinedAt: new Date(joinedAt) }) as unknown as RemoteParticipant;

const human = participant("trainee", ParticipantKind.STANDARD, 9);
const dead = participant("dead", ParticipantKind.AGENT, 1);
const agent = participant("agent", ParticipantKind.AGENT, 5);
const avatar = participant("avatar", ParticipantKind.AGENT, 7, { "lk.publish_on_behalf": "agent" });

describe("participants", () => {
  test("newestAgent ignores avatars, trainees and older agents", () => {
    expect(newestAgent([dead, human, avatar, agent])).toBe(agent);
    expect(newestAgent([agent, dead])).toBe(agent);
    expect(newestAgent([human, avatar])).toBeUndefined();
  });

  test("isAgent is false for an avatar", () => {
    expect([human, agent, avatar].map(isAgent)).toEqual([false, true, false]);
  });

  test("isAvatarOf matches the agent that the avatar publishes for", () => {
    expect(isAvatarOf(agent, avatar)).toBe(true);
    expect(isAvatarOf(dead, avatar)).toBe(false);
  });
});

describe("agentStatus", () => {
  test("reads the attributes of the contract", () => {
    const attributes = {
      "greeting.mode": "voice",
      "greeting.mode_reason": "avatar_left",
      "greeting.locale": "fr",
      "greeting.closing": "soon",
      "greeting.ended": "completed",
    };
    expect(agentStatus(attributes, false)).toEqual({
      ready: true,
      output: { mode: "voice", modeReason: "avatar_left" },
      locale: "fr",
      closing: "soon",
      ended: "completed",
    });
  });

  test("has no reason in avatar mode, and is ready once the avatar is visible", () => {
    const attributes = { "greeting.mode": "avatar", "greeting.mode_reason": "avatar_late" };
    const output = { mode: "avatar", modeReason: undefined };
    expect(agentStatus(attributes, false)).toMatchObject({ ready: false, output });
    expect(agentStatus(attributes, true)).toMatchObject({ ready: true, output });
  });

  test("guesses the mode of an agent that does not announce one", () => {
    expect(agentStatus({}, false)).toMatchObject({ ready: false, output: { mode: "voice" } });
    expect(agentStatus({}, true)).toMatchObject({ ready: true, output: { mode: "avatar" } });
    expect(agentStatus({ "lk.agent.state": "speaking" }, false).ready).toBe(true);
  });

  test("ignores values that the contract does not have", () => {
    const attributes = {
      "greeting.mode": "hologram",
      "greeting.mode_reason": "tired",
      "greeting.closing": "later",
      "greeting.locale": "",
      "greeting.ended": "",
    };
    expect(agentStatus(attributes, false)).toEqual({
      ready: false,
      output: { mode: "voice", modeReason: undefined },
      locale: undefined,
      closing: undefined,
      ended: undefined,
    });
  });
});

test.each([
  ["listening", "listening"],
  ["idle", "listening"],
  ["initializing", "getting_ready"],
  [undefined, "getting_ready"],
])("agentActivity for %s is %s", (state, activity) => {
  expect(agentActivity({ "lk.agent.state": state })).toBe(activity);
});
