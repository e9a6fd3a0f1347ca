import { ConnectionQuality, type Participant, type Room, RoomEvent } from "livekit-client";
import { useEffect, useState } from "react";

import { onRoomEvents } from "./roomEvents.js";

/** A connection that is bad, or good again, for less than this changes nothing on the page. */
const STEADY_MS = 5_000;

/**
 * The trainee's own connection is slow, and has been for some seconds.
 *
 * Args:
 *   late: answers come late. LiveKit's quality only counts lost packets: on many slow connections, packets
 *     wait, and none is lost.
 */
export function useSlowConnection(room: Room, late: boolean): boolean {
  const [poor, setPoor] = useState(false);
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const onQuality = (quality: ConnectionQuality, participant: Participant) => {
      if (!participant.isLocal) return;
      setPoor(quality === ConnectionQuality.Poor || quality === ConnectionQuality.Lost);
    };
    return onRoomEvents(room, { [RoomEvent.ConnectionQualityChanged]: onQuality });
  }, [room]);

  const isBad = poor || late;
  useEffect(() => {
    const timer = setTimeout(() => setSlow(isBad), STEADY_MS);
    return () => clearTimeout(timer);
  }, [isBad]);
  return slow;
}
