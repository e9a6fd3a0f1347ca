import {
  ConnectionState,
  ParticipantKind,
  type RemoteParticipant,
  Room,
  RoomEvent,
} from "livekit-client";

const nothing = () => undefined;

export interface Call {
  destinationIdentity: string;
  method: string;
  payload: string;
}

/**
 * A connected room without a server.
 *
 * Args:
 *   answer: what the agents answer to each call.
 */
export function fakeRoom(answer: (call: Call) => string | Promise<string> = () => "ok") {
  const room = new Room();
  room.state = ConnectionState.Connected;
  const calls: Call[] = [];
  const performRpc = async (call: Call) => {
    calls.push(call);
    return answer(call);
  };
  Object.assign(room.localParticipant, { performRpc });
  /** An agent joins. */
  const join = (identity: string, changes: object = {}) => {
    const agent = Object.assign(
      { sid: identity, identity, kind: ParticipantKind.AGENT, attributes: {}, isSpeaking: false },
      { trackPublications: new Map<string, unknown>(), on: nothing, off: nothing, ...changes },
    );
    const joined = agent as unknown as RemoteParticipant;
    room.remoteParticipants.set(identity, joined);
    room.emit(RoomEvent.ParticipantConnected, joined);
    return agent;
  };
  return { room, calls, join };
}
