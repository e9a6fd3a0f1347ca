import { ConnectionState } from "livekit-client";

/** The connection is interrupted and LiveKit tries to restore it. */
export function isReconnecting(state: ConnectionState): boolean {
  return state === ConnectionState.Reconnecting || state === ConnectionState.SignalReconnecting;
}
