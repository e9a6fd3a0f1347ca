/**
 * The agent in the room, its avatar and their tracks.
 *
 * Written by hand instead of LiveKit's `useAgent` (@livekit/components-react 2.9.24) for two
 * reasons. Once an agent has left, `useAgent` stays `failed`, without tracks, even if the same agent
 * is back a second later (https://github.com/livekit/components-js/issues/1227). If there are two
 * agents, it takes the first. That is the dead one while LiveKit lists it together with its
 * replacement.
 */
import {
  type TrackReference,
  useParticipantTracks,
  useRemoteParticipants,
} from "@livekit/components-react";
import { type RemoteParticipant, type Room, RoomEvent, Track } from "livekit-client";
import { useState } from "react";

import { useStableValue } from "../lib/useStableValue.js";
import type { AgentStatus } from "../state/greetingState.js";
import {
  type Activity,
  agentActivity,
  agentStatus,
  isAvatarOf,
  newestAgent,
} from "./agentPresence.js";
import { type Questions, questionsFrom } from "./questions.js";
import {
  ATTRIBUTE_FEEDBACK,
  ATTRIBUTE_GUIDE,
  ATTRIBUTE_QUESTIONS,
  ATTRIBUTE_RECORDING,
} from "./roomContract.js";

export interface AgentPresence {
  /** The same object until its content changes. */
  status: AgentStatus;
  /** `getting_ready` until it begins its opening. */
  activity: Activity;
  /** The trainee is being recorded. */
  recording: boolean;
  /** The outcome keeps feedback, so the page may ask for it. */
  takesFeedback: boolean;
  /** The name by which it introduces itself; undefined until it is known. */
  guide: string | undefined;
  /** The script's questions; undefined until the opening has been said. */
  questions: Questions | undefined;
  /** The avatar's camera; undefined unless the mode is `avatar`. */
  videoTrack: TrackReference | undefined;
  /** The voice that is heard: the avatar's or the agent's own. */
  audioTrack: TrackReference | undefined;
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
 *   deadAgentSid: an agent that no longer answers (see `AgentLiveness`); it counts as absent.
 */
export function useAgentPresence(
  room: Room,
  deadAgentSid: string | undefined,
): AgentPresence | undefined {
  const participants = useRemoteParticipants({ room, updateOnlyOn: UPDATE_ON });
  const newest = newestAgent(participants);
  const agent = newest?.sid === deadAgentSid ? undefined : newest;
  const avatar = agent && participants.find((one) => isAvatarOf(agent, one));
  const agentTracks = useTracksOf(agent, room);
  const avatarTracks = useTracksOf(avatar, room);

  const picture = subscribed(avatarTracks, Track.Source.Camera);
  const status = useStableValue(agent && agentStatus(agent.attributes, picture !== undefined));

  const activity = agentActivity(agent?.attributes ?? {});
  const questions = questionsFrom(agent?.attributes[ATTRIBUTE_QUESTIONS]);
  /** The sid of the agent that has begun its opening; before it, an agent listens, too. */
  const [begun, setBegun] = useState<string>();
  const begins = activity === "speaking" || questions !== undefined;
  if (begins && begun !== agent?.sid) setBegun(agent?.sid);
  if (agent === undefined || status === undefined) return undefined;

  const usesAvatar = status.output.mode === "avatar";
  const agentSound = subscribed(agentTracks, Track.Source.Microphone);
  const avatarSound = subscribed(avatarTracks, Track.Source.Microphone);
  return {
    status,
    activity: begun === agent.sid ? activity : "getting_ready",
    recording: agent.attributes[ATTRIBUTE_RECORDING] === "on",
    takesFeedback: agent.attributes[ATTRIBUTE_FEEDBACK] === "on",
    guide: agent.attributes[ATTRIBUTE_GUIDE] || undefined,
    questions,
    videoTrack: usesAvatar ? picture : undefined,
    audioTrack: usesAvatar ? (avatarSound ?? agentSound) : agentSound,
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
