/**
 * Who greets: the agent in the room, the avatar who lends it a face, and their tracks.
 *
 * This follows the SDK's `useAgent` with two differences, both for the day something fails
 * (read in @livekit/components-react 2.9.24): `useAgent` stays `failed`, without tracks, once an agent
 * has dropped out, even if the same one is back a second later; and of two agents it takes the
 * first, which is the ghost when a dead one's seat is still shown beside its replacement.
 */
import {
  type TrackReference,
  useParticipantTracks,
  useRemoteParticipants,
} from "@livekit/components-react";
import {
  ParticipantKind,
  type RemoteParticipant,
  type Room,
  RoomEvent,
  Track,
} from "livekit-client";

import { type Closing, type Mode, MODE_REASONS, type ModeReason } from "./greetingReducer.js";
import {
  ATTRIBUTE_CLOSING,
  ATTRIBUTE_ENDED,
  ATTRIBUTE_LOCALE,
  ATTRIBUTE_MODE,
  ATTRIBUTE_MODE_REASON,
  ATTRIBUTE_RECORDING,
} from "./roomContract.js";

const ATTRIBUTE_ON_BEHALF = "lk.publish_on_behalf";
const ATTRIBUTE_STATE = "lk.agent.state";

export type Activity = "getting_ready" | "listening" | "thinking" | "speaking";

export interface Guide {
  identity: string;
  activity: Activity;
  mode: Mode;
  /** Why it is not the avatar, where they say. */
  modeReason: ModeReason | undefined;
  /** There is somebody to see or hear; until then they are getting ready. */
  ready: boolean;
  /** The tag of the language they speak, once they say. */
  locale: string | undefined;
  /** Asked of the page when all is said. */
  closing: Closing | undefined;
  /** The trainee is being recorded. */
  recording: boolean;
  /** Why the greeting is over, once it is. */
  ended: string | undefined;
  /** The picture; undefined when the guide is a voice. */
  videoTrack: TrackReference | undefined;
  /** The sound of whoever speaks. */
  audioTrack: TrackReference | undefined;
}

/** An agent that speaks for itself; an avatar publishes on another's behalf. */
export function isAgent(participant: RemoteParticipant): boolean {
  return (
    participant.kind === ParticipantKind.AGENT && !(ATTRIBUTE_ON_BEHALF in participant.attributes)
  );
}

/** The newest agent: an older one beside it is a ghost, or about to leave. */
export function newestAgent<P extends RemoteParticipant>(
  participants: readonly P[],
): P | undefined {
  return participants
    .filter(isAgent)
    .reduce<P | undefined>(
      (newest, one) =>
        newest === undefined || (one.joinedAt ?? 0) >= (newest.joinedAt ?? 0) ? one : newest,
      undefined,
    );
}

const UPDATE_ON = [
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.ParticipantAttributesChanged,
  RoomEvent.TrackSubscribed,
  RoomEvent.TrackUnsubscribed,
  RoomEvent.ConnectionStateChanged,
];

/**
 * Args:
 *   silent: the sid of an agent who no longer answers (see `Pulse`): their seat is empty.
 */
export function useGuide(room: Room, silent: string | undefined): Guide | undefined {
  const participants = useRemoteParticipants({ room, updateOnlyOn: UPDATE_ON });
  const newest = newestAgent(participants);
  const agent = newest?.sid === silent ? undefined : newest;
  const avatar = participants.find(
    (one) => agent !== undefined && one.attributes[ATTRIBUTE_ON_BEHALF] === agent.identity,
  );
  const agentTracks = useTracksOf(agent, room);
  const avatarTracks = useTracksOf(avatar, room);
  if (agent === undefined) return undefined;

  const told = agent.attributes[ATTRIBUTE_MODE];
  const picture = subscribed(avatarTracks, Track.Source.Camera);
  const guessed = picture === undefined ? "voice" : "avatar";
  const mode = modeIn(told) ?? guessed;
  const activity = activityOf(agent.attributes[ATTRIBUTE_STATE]);
  const agentSound = subscribed(agentTracks, Track.Source.Microphone);
  const avatarSound = subscribed(avatarTracks, Track.Source.Microphone);
  return {
    identity: agent.identity,
    activity,
    mode,
    modeReason:
      mode === "avatar" ? undefined : modeReasonIn(agent.attributes[ATTRIBUTE_MODE_REASON]),
    ready: told === "voice" || told === "text" || picture !== undefined || activity === "speaking",
    locale: agent.attributes[ATTRIBUTE_LOCALE] || undefined,
    closing: closingIn(agent.attributes[ATTRIBUTE_CLOSING]),
    recording: agent.attributes[ATTRIBUTE_RECORDING] === "on",
    ended: agent.attributes[ATTRIBUTE_ENDED] || undefined,
    videoTrack: mode === "avatar" ? picture : undefined,
    audioTrack: mode === "avatar" ? (avatarSound ?? agentSound) : agentSound,
  };
}

function useTracksOf(participant: RemoteParticipant | undefined, room: Room): TrackReference[] {
  return useParticipantTracks(
    [Track.Source.Camera, Track.Source.Microphone],
    participant === undefined ? { room } : { room, participantIdentity: participant.identity },
  );
}

function subscribed(tracks: TrackReference[], source: Track.Source): TrackReference | undefined {
  return tracks.find((one) => one.source === source && one.publication.track !== undefined);
}

function modeIn(value: string | undefined): Mode | undefined {
  return value === "avatar" || value === "voice" || value === "text" ? value : undefined;
}

/** Anything else, also what a newer worker might say, is no reason we have words for. */
export function modeReasonIn(value: string | undefined): ModeReason | undefined {
  return MODE_REASONS.find((one) => one === value);
}

const CLOSINGS: Closing[] = ["soon", "highlight_continue", "continue"];

/** Anything else, also what a newer worker might say, leaves the page as it is. */
export function closingIn(value: string | undefined): Closing | undefined {
  return CLOSINGS.find((one) => one === value);
}

function activityOf(state: string | undefined): Activity {
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
