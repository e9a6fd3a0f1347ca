/** Asks the guide in the room whether they are alive; gives the sid of one who no longer is. */
import {
  ConnectionState,
  type RemoteParticipant,
  type Room,
  RoomEvent,
  RpcError,
} from "livekit-client";
import { useEffect, useState } from "react";

import { after } from "./leave.js";
import { type Answer, ASK_EVERY_MS, Pulse } from "./pulse.js";
import { RPC_GREETER_ALIVE } from "./roomContract.js";
import { newestAgent } from "./useGuide.js";

const STATS_WITHIN_MS = 1_000;

export function usePulse(room: Room): string | undefined {
  const [silent, setSilent] = useState<string>();
  useEffect(() => {
    const newest = () => newestAgent([...room.remoteParticipants.values()]);
    const pulse = new Pulse(
      () => newest()?.sid,
      () => ask(room, newest()),
      setSilent,
    );
    return pulse.start();
  }, [room]);
  return silent;
}

async function ask(room: Room, guide: RemoteParticipant | undefined): Promise<Answer> {
  if (guide === undefined || room.state !== ConnectionState.Connected) return "unknown";
  const line = { steady: true };
  const broken = () => {
    line.steady = false;
  };
  room.on(RoomEvent.ConnectionStateChanged, broken);
  const before = received(room);
  try {
    const answer = await Promise.race([call(room, guide), after(ASK_EVERY_MS).then(() => SILENT)]);
    if (answer !== SILENT) return answer;
    // The browser takes seconds to notice that a connection is dead; its packets stop at once.
    const [then = -1, now = 0] = await Promise.all([before, received(room)]);
    return line.steady && now > then ? SILENT : "unknown";
  } finally {
    room.off(RoomEvent.ConnectionStateChanged, broken);
  }
}

const SILENT: Answer = "silent";

function call(room: Room, { identity }: RemoteParticipant): Promise<Answer> {
  const question = { destinationIdentity: identity, method: RPC_GREETER_ALIVE, payload: "" };
  return room.localParticipant.performRpc(question).then(() => "alive", answerIn);
}

function answerIn(error: unknown): Answer {
  switch (error instanceof RpcError ? error.code : undefined) {
    case RpcError.ErrorCode.CONNECTION_TIMEOUT:
    case RpcError.ErrorCode.RESPONSE_TIMEOUT:
    case RpcError.ErrorCode.RECIPIENT_DISCONNECTED:
    case RpcError.ErrorCode.RECIPIENT_NOT_FOUND:
      return SILENT;
    case RpcError.ErrorCode.UNSUPPORTED_METHOD:
    case RpcError.ErrorCode.APPLICATION_ERROR:
      // They do not know the question yet, but somebody is there.
      return "alive";
    default:
      return "unknown";
  }
}

/**
 * How much has come in from LiveKit so far: packets, and answers to the browser's own checks of the
 * connection, which go on when nobody speaks. Undefined where no track tells, or not within a moment.
 */
function received(room: Room): Promise<number | undefined> {
  const nothing = () => undefined;
  return Promise.race([count(room).catch(nothing), after(STATS_WITHIN_MS).then(nothing)]);
}

async function count(room: Room): Promise<number | undefined> {
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
