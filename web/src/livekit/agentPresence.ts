/** What the page knows about the agent in the room: who it is and what its attributes say. Pure. */
import { type Participant, ParticipantKind, type RemoteParticipant } from "livekit-client";

import {
  type AgentMode,
  type AgentStatus,
  type Closing,
  type Mode,
  MODE_REASONS,
  type ModeReason,
} from "../state/greetingState.js";
import {
  ATTRIBUTE_CLOSING,
  ATTRIBUTE_ENDED,
  ATTRIBUTE_LOCALE,
  ATTRIBUTE_MODE,
  ATTRIBUTE_MODE_REASON,
} from "./roomContract.js";

/** On an avatar: the identity of the agent it publishes for. */
const ATTRIBUTE_ON_BEHALF = "lk.publish_on_behalf";
const ATTRIBUTE_STATE = "lk.agent.state";

export type Activity = "getting_ready" | "listening" | "thinking" | "speaking";

type Attributes = Readonly<Record<string, string | undefined>>;

/** False for an avatar, which LiveKit calls an agent too: it publishes on behalf of another one. */
export function isAgent(participant: Pick<Participant, "kind" | "attributes">): boolean {
  return (
    participant.kind === ParticipantKind.AGENT && !(ATTRIBUTE_ON_BEHALF in participant.attributes)
  );
}

/** The newest agent. An older one is dead, and LiveKit has not removed it yet. */
export function newestAgent<P extends RemoteParticipant>(participants: Iterable<P>): P | undefined {
  let newest: P | undefined;
  for (const one of participants) {
    if (!isAgent(one)) continue;
    if (newest === undefined || (one.joinedAt ?? 0) >= (newest.joinedAt ?? 0)) newest = one;
  }
  return newest;
}

export function isAvatarOf(agent: RemoteParticipant, participant: RemoteParticipant): boolean {
  return participant.attributes[ATTRIBUTE_ON_BEHALF] === agent.identity;
}

/**
 * The agent's status from its attributes. An agent that does not announce its mode uses the avatar
 * if there is one, and counts as ready once it is seen or speaks.
 */
export function agentStatus(attributes: Attributes, avatarVisible: boolean): AgentStatus {
  const announced = modeFrom(attributes[ATTRIBUTE_MODE]);
  const mode = announced ?? (avatarVisible ? "avatar" : "voice");
  const output: AgentMode =
    mode === "avatar"
      ? { mode, modeReason: undefined }
      : { mode, modeReason: modeReasonFrom(attributes[ATTRIBUTE_MODE_REASON]) };
  return {
    ready:
      announced === "voice" ||
      announced === "text" ||
      avatarVisible ||
      agentActivity(attributes) === "speaking",
    output,
    locale: attributes[ATTRIBUTE_LOCALE] || undefined,
    closing: closingFrom(attributes[ATTRIBUTE_CLOSING]),
    ended: attributes[ATTRIBUTE_ENDED] || undefined,
  };
}

export function agentActivity(attributes: Attributes): Activity {
  const state = attributes[ATTRIBUTE_STATE];
  switch (state) {
    case "listening":
    case "thinking":
    case "speaking":
      return state;
    case "idle":
      return "listening";
    default:
      return "getting_ready";
  }
}

// A newer worker may send values that this page does not know; they count as absent.

function modeFrom(value: string | undefined): Mode | undefined {
  return value === "avatar" || value === "voice" || value === "text" ? value : undefined;
}

function modeReasonFrom(value: string | undefined): ModeReason | undefined {
  return MODE_REASONS.find((reason) => reason === value);
}

const CLOSINGS: readonly Closing[] = ["soon", "highlight_continue", "continue"];

function closingFrom(value: string | undefined): Closing | undefined {
  return CLOSINGS.find((closing) => closing === value);
}
