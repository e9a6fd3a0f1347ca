/** Calls the agent in the room regularly. */
import {
  ConnectionState,
  type RemoteParticipant,
  type Room,
  RoomEvent,
  RpcError,
} from "livekit-client";
import { useEffect, useState } from "react";

import { resultWithin } from "../lib/timing.js";
import { AgentLiveness, type Answer, CALL_EVERY_MS } from "./agentLiveness.js";
import { newestAgent } from "./agentPresence.js";
import { RPC_AGENT_ALIVE } from "./roomContract.js";
import { onRoomEvents } from "./roomEvents.js";
import { callParticipant } from "./rpc.js";

const STATS_TIMEOUT_MS = 1_000;

export interface Liveness {
  /** The sid of an agent that no longer answers. */
  deadAgentSid: string | undefined;
  /** The last answer took more than three seconds, or is still missing from an agent that is heard. */
  late: boolean;
}

export function useAgentLiveness(room: Room): Liveness {
  const [deadAgentSid, setDeadAgentSid] = useState<string>();
  const [late, setLate] = useState(false);
  useEffect(() => {
    const newest = () => newestAgent(room.remoteParticipants.values());
    let answers = 0;
    const call = async () => {
      const before = answers;
      const given = await callAgent(room, newest(), () => answers++);
      // The late answer to an earlier call counts, too.
      const answer = given !== "alive" && answers > before ? "late" : given;
      setLate(answer === "late" || answer === "heard");
      return answer;
    };
    return new AgentLiveness(() => newest()?.sid, call, setDeadAgentSid).start();
  }, [room]);
  return { deadAgentSid, late };
}

async function callAgent(
  room: Room,
  agent: RemoteParticipant | undefined,
  onAnswer: () => void,
): Promise<Answer> {
  if (agent === undefined || room.state !== ConnectionState.Connected) return "unknown";
  const connection = { steady: true };
  const stop = onRoomEvents(room, {
    [RoomEvent.ConnectionStateChanged]: () => {
      connection.steady = false;
    },
  });
  const before = receivedPackets(room);
  try {
    const call = callParticipant(room, agent.identity, RPC_AGENT_ALIVE, "");
    call.then(onAnswer, () => undefined);
    const answer = await resultWithin(
      call.then(() => "alive" as const, answerFromError),
      CALL_EVERY_MS,
    );
    if (answer === "alive" || answer === "unknown") return answer;
    // The browser takes seconds to notice a dead connection, but its packets stop at once.
    const [earlier = -1, now = 0] = await Promise.all([before, receivedPackets(room)]);
    // On a slow connection, answers come after the video that waits before them.
    const isHeard = [...room.remoteParticipants.values()].some(({ isSpeaking }) => isSpeaking);
    if (!connection.steady || now <= earlier) return "unknown";
    return isHeard ? "heard" : "silent";
  } finally {
    stop();
  }
}

function answerFromError(error: unknown): Answer {
  switch (error instanceof RpcError ? error.code : undefined) {
    case RpcError.ErrorCode.CONNECTION_TIMEOUT:
    case RpcError.ErrorCode.RESPONSE_TIMEOUT:
    case RpcError.ErrorCode.RECIPIENT_DISCONNECTED:
    case RpcError.ErrorCode.RECIPIENT_NOT_FOUND:
      return "silent";
    case RpcError.ErrorCode.UNSUPPORTED_METHOD:
    case RpcError.ErrorCode.APPLICATION_ERROR:
      // The agent has not registered the method yet, but it answered.
      return "alive";
    default:
      return "unknown";
  }
}

/**
 * How many packets have come from LiveKit: media, and answers to the browser's own connection
 * checks, which go on during silence. Undefined if there is no track to ask, or no answer within a
 * second.
 */
function receivedPackets(room: Room): Promise<number | undefined> {
  return resultWithin(
    countPackets(room).catch(() => undefined),
    STATS_TIMEOUT_MS,
  );
}

async function countPackets(room: Room): Promise<number | undefined> {
  const publications = [room.localParticipant, ...room.remoteParticipants.values()].flatMap(
    ({ trackPublications }) => [...trackPublications.values()],
  );
  let sum: number | undefined;
  for (const { track } of publications) {
    const report = await track?.getRTCStatsReport();
    for (const stats of (report?.values() ?? []) as Iterable<Record<string, unknown>>) {
      if (stats["type"] !== "candidate-pair") continue;
      for (const key of ["packetsReceived", "responsesReceived"]) {
        const value = stats[key];
        if (typeof value === "number") sum = (sum ?? 0) + value;
      }
    }
  }
  return sum;
}
