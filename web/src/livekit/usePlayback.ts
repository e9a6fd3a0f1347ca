import type { Room } from "livekit-client";
import { useCallback, useEffect, useState } from "react";

import { type Playback, PlaybackReporter } from "./playbackReporter.js";

/**
 * Whether the browser plays sound, and how to unlock it after a click. The agents are told, too.
 */
export function usePlayback(room: Room): { playback: Playback; unlock: () => void } {
  const [playback, setPlayback] = useState<Playback>("untried");
  useEffect(() => new PlaybackReporter(room, setPlayback).start(), [room]);
  const unlock = useCallback(() => {
    // If the browser refuses again, the button stays.
    room.startAudio().catch(() => undefined);
  }, [room]);
  return { playback, unlock };
}
