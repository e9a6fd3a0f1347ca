import type { Room } from "livekit-client";
import { useCallback, useEffect, useMemo, useState } from "react";

import { catchRefusedSound } from "./microphoneSound.js";
import { type Playback, PlaybackReporter } from "./playbackReporter.js";

export interface PlaybackControl {
  /** Whether the browser plays sound. */
  playback: Playback;
  /** Let the browser play sound; call it in a click. */
  unlock: () => void;
  /** Go on without sound: the trainee reads what is said. */
  readAlong: () => void;
}

/**
 * Whether the browser plays sound. The agents are told, too.
 *
 * Args:
 *   sound: whether the trainee wants sound in the beginning.
 */
export function usePlayback(room: Room, sound: boolean): PlaybackControl {
  const [playback, setPlayback] = useState<Playback>(sound ? "untried" : "off");
  const reporter = useMemo(
    () => new PlaybackReporter(room, setPlayback, sound),
    // Only the first value counts; `unlock` and `readAlong` change it.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [room],
  );
  useEffect(() => reporter.start(), [reporter]);
  useEffect(() => catchRefusedSound(room), [room]);
  const unlock = useCallback(() => {
    reporter.setSound(true);
    // If the browser refuses again, the button stays.
    room.startAudio().catch(() => undefined);
  }, [reporter, room]);
  const readAlong = useCallback(() => reporter.setSound(false), [reporter]);
  return { playback, unlock, readAlong };
}
