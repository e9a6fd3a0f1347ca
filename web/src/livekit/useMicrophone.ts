/**
 * The trainee's microphone. The page asks for it after connecting; the greeting never waits for it.
 *
 * Written by hand instead of LiveKit's `useTrackToggle` (@livekit/components-react 2.9.24): its
 * `pending` is also true while the microphone is switched off, when the page must not ask for a
 * permission.
 */
import { useIsSpeaking, useLocalParticipant } from "@livekit/components-react";
import { LocalAudioTrack, type Room } from "livekit-client";
import { useCallback, useEffect, useRef, useState } from "react";

import { type MicrophoneFailure, microphoneFailureOf } from "./microphoneFailure.js";

export type MicrophoneStatus =
  | "off"
  /** The browser is asking for permission. */
  | "asking"
  | "on"
  | MicrophoneFailure;

export interface Microphone {
  status: MicrophoneStatus;
  /** The trainee is speaking. */
  speaking: boolean;
  /** What it records, for a level meter; undefined while it is off. */
  track: LocalAudioTrack | undefined;
  toggle: () => void;
}

/**
 * Args:
 *   wanted: whether the conversation is on. If it is not, the microphone is off; when it is on
 *     again, the microphone returns to what the trainee chose.
 *   initially: whether the trainee wants the microphone in the beginning, and which one.
 */
export function useMicrophone(
  room: Room,
  wanted: boolean,
  initially: { microphone: boolean; deviceId: string | undefined },
): Microphone {
  const { isMicrophoneEnabled, microphoneTrack, localParticipant } = useLocalParticipant({ room });
  const speaking = useIsSpeaking(localParticipant);
  const [attempt, setAttempt] = useState<"none" | "asking" | MicrophoneFailure>("none");
  /** What the trainee chose last. */
  const chosen = useRef(initially.microphone);
  const { deviceId } = initially;
  const allowed = useRef(false);

  const switchMicrophone = useCallback(
    async (on: boolean) => {
      setAttempt(on ? "asking" : "none");
      try {
        await room.localParticipant.setMicrophoneEnabled(on, deviceId ? { deviceId } : undefined);
        // The conversation may have ended while the browser asked for permission.
        if (on && !allowed.current) await room.localParticipant.setMicrophoneEnabled(false);
        // Seen only if the microphone stops by itself: it was unplugged, or the permission revoked.
        setAttempt(on && allowed.current ? "failed" : "none");
      } catch (error) {
        setAttempt(microphoneFailureOf(error));
      }
    },
    [room, deviceId],
  );

  useEffect(() => {
    if (!wanted) return;
    allowed.current = true;
    // Deferred, so that the permission prompt does not delay connecting and the first picture.
    const timer = setTimeout(() => {
      if (chosen.current) void switchMicrophone(true);
    }, 0);
    return () => {
      clearTimeout(timer);
      allowed.current = false;
      if (room.localParticipant.isMicrophoneEnabled) void switchMicrophone(false);
    };
  }, [wanted, room, switchMicrophone]);

  const toggle = useCallback(() => {
    chosen.current = !room.localParticipant.isMicrophoneEnabled;
    void switchMicrophone(chosen.current);
  }, [room, switchMicrophone]);

  const status = isMicrophoneEnabled ? "on" : attempt === "none" ? "off" : attempt;
  const recorded = microphoneTrack?.track;
  const track = isMicrophoneEnabled && recorded instanceof LocalAudioTrack ? recorded : undefined;
  return { status, speaking: speaking && isMicrophoneEnabled, track, toggle };
}
