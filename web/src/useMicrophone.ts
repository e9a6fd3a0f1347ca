/** The trainee's microphone. It is asked for beside the greeting, which never waits for it. */
import { useIsSpeaking, useLocalParticipant } from "@livekit/components-react";
import type { Room } from "livekit-client";
import { useCallback, useEffect, useState } from "react";

export type MicrophoneStatus =
  | "off"
  /** The browser is asking for permission. */
  | "asking"
  | "on"
  | "denied"
  /** There is no microphone, or the browser may not use one here. */
  | "absent"
  | "failed";

export interface Microphone {
  status: MicrophoneStatus;
  /** The trainee is being heard just now. */
  speaking: boolean;
  toggle: () => void;
}

export function useMicrophone(room: Room, wanted: boolean): Microphone {
  const { isMicrophoneEnabled, localParticipant } = useLocalParticipant({ room });
  const speaking = useIsSpeaking(localParticipant);
  const [attempt, setAttempt] = useState<"none" | Exclude<MicrophoneStatus, "on" | "off">>("none");

  const turn = useCallback(
    async (on: boolean) => {
      if (on) setAttempt("asking");
      try {
        await room.localParticipant.setMicrophoneEnabled(on);
        setAttempt("none");
      } catch (error) {
        setAttempt(failureOf(error));
      }
    },
    [room],
  );

  useEffect(() => {
    // Deferred, so that connecting and its first picture are never behind a permission prompt.
    if (!wanted) return;
    const timer = setTimeout(() => void turn(true), 0);
    return () => clearTimeout(timer);
  }, [wanted, turn]);

  const toggle = useCallback(
    () => void turn(!room.localParticipant.isMicrophoneEnabled),
    [room, turn],
  );
  const status = isMicrophoneEnabled ? "on" : attempt === "none" ? "off" : attempt;
  return { status, speaking: speaking && isMicrophoneEnabled, toggle };
}

function failureOf(error: unknown): "denied" | "absent" | "failed" {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (
    ["NotFoundError", "OverconstrainedError", "DeviceUnsupportedError", "TypeError"].includes(name)
  ) {
    return "absent";
  }
  return "failed";
}
