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
/** Packets wait: an answer to a call may take several times as long. */
const SLOW_ROUND_TRIP_S = 1;

export interface Liveness {
  /** The sid of an agent that no longer answers. */
  deadAgentSid: string | undefined;
  /** The agent is there, but its last answer took more than three seconds, or is missing. */
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
      setLate(answer === "late" || answer === "missing");
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
  const before = statsOf(room);
  try {
    const call = callParticipant(room, agent.identity, RPC_AGENT_ALIVE, "");
    call.then(onAnswer, () => undefined);
    const answer = await resultWithin(
      call.then(() => "alive" as const, answerFromError),
      CALL_EVERY_MS,
    );
    if (answer === "alive" || answer === "unknown") return answer;
    // The browser takes seconds to notice a dead connection, but its packets stop at once.
    const [earlier, now] = await Promise.all([before, statsOf(room)]);
    // On a slow connection, answers come after the video that waits before them.
    const isHeard = [...room.remoteParticipants.values()].some(({ isSpeaking }) => isSpeaking);
    const { packets = 0, roundTripS = 0 } = now ?? {};
    if (!connection.steady || packets <= (earlier?.packets ?? -1)) return "unknown";
    return isHeard || roundTripS > SLOW_ROUND_TRIP_S ? "missing" : "silent";
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

interface Stats {
  /**
   * How many packets have come from LiveKit: media, and answers to the browser's own connection checks,
   * which go on during silence.
   */
  packets: number;
  /** How long the last of those checks took; longer than usual if packets wait. */
  roundTripS: number;
}

/** Undefined if there is no track to ask, or no answer within a second. */
function statsOf(room: Room): Promise<Stats | undefined> {
  return resultWithin(
    collectStats(room).catch(() => undefined),
    STATS_TIMEOUT_MS,
  );
}

async function collectStats(room: Room): Promise<Stats | undefined> {
  const publications = [room.localParticipant, ...room.remoteParticipants.values()].flatMap(
    ({ trackPublications }) => [...trackPublications.values()],
  );
  let sum: Stats | undefined;
  for (const { track } of publications) {
    const report = await track?.getRTCStatsReport();
    for (const stats of (report?.values() ?? []) as Iterable<Record<string, unknown>>) {
      if (stats["type"] !== "candidate-pair") continue;
      const value = (key: string) => (typeof stats[key] === "number" ? stats[key] : 0);
      sum ??= { packets: 0, roundTripS: 0 };
      sum.packets += value("packetsReceived") + value("responsesReceived");
      if (stats["nominated"] === true) {
        sum.roundTripS = Math.max(sum.roundTripS, value("currentRoundTripTime"));
      }
    }
  }
  return sum;
}
