import { ConnectionQuality, type Participant, type Room, RoomEvent } from "livekit-client";
import { useEffect, useState } from "react";

import { onRoomEvents } from "./roomEvents.js";

/** A connection that is bad, or good again, for less than this changes nothing on the page. */
const STEADY_MS = 5_000;

/** The trainee's own connection is slow or interrupted, and has been for some seconds. */
export function useSlowConnection(room: Room, reconnecting: boolean): boolean {
  const [poor, setPoor] = useState(false);
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const onQuality = (quality: ConnectionQuality, participant: Participant) => {
      if (!participant.isLocal) return;
      setPoor(quality === ConnectionQuality.Poor || quality === ConnectionQuality.Lost);
    };
    return onRoomEvents(room, { [RoomEvent.ConnectionQualityChanged]: onQuality });
  }, [room]);

  const bad = poor || reconnecting;
  useEffect(() => {
    const timer = setTimeout(() => setSlow(bad), STEADY_MS);
    return () => clearTimeout(timer);
  }, [bad]);
  return slow;
}
