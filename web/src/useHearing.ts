/** Sound in the browser: whether it plays, how to unlock it, and telling the guide. */
import type { Room } from "livekit-client";
import { useCallback, useEffect, useState } from "react";

import { Hearing, type Sound } from "./hearing.js";

export function useHearing(room: Room): { sound: Sound; unlock: () => void } {
  const [sound, setSound] = useState<Sound>("untried");
  useEffect(() => new Hearing(room, setSound).start(), [room]);
  const unlock = useCallback(() => {
    // Refused again: the button simply stays.
    room.startAudio().catch(() => undefined);
  }, [room]);
  return { sound, unlock };
}
