/** The microphone before the greeting: to choose a device and to see that it hears something. */
import { createLocalAudioTrack, type LocalAudioTrack } from "livekit-client";
import { useCallback, useEffect, useRef, useState } from "react";

import { microphoneFailureOf } from "./microphoneFailure.js";
import type { MicrophoneStatus } from "./useMicrophone.js";

export interface MicrophonePreview {
  status: MicrophoneStatus;
  track: LocalAudioTrack | undefined;
  /** The chosen device; undefined for the browser's default. */
  deviceId: string | undefined;
  /** Ask for the microphone, or change to another device. */
  open: (deviceId?: string) => void;
  /** Release the microphone, so that the greeting can use it. */
  close: () => void;
}

export function useMicrophonePreview(): MicrophonePreview {
  const [status, setStatus] = useState<MicrophoneStatus>("off");
  const [track, setTrack] = useState<LocalAudioTrack>();
  const [deviceId, setDeviceId] = useState<string>();
  /** The track that is recording, and whether a later call has replaced this one. */
  const opened = useRef<LocalAudioTrack>(undefined);
  const calls = useRef(0);

  const stop = useCallback(() => {
    calls.current++;
    opened.current?.stop();
    opened.current = undefined;
    setTrack(undefined);
  }, []);
  const close = useCallback(() => {
    stop();
    setStatus("off");
  }, [stop]);

  const open = useCallback(
    async (wanted?: string) => {
      // From one device to another, the list of devices stays.
      if (opened.current === undefined) setStatus("asking");
      stop();
      const call = calls.current;
      setDeviceId(wanted);
      try {
        const device = wanted === undefined ? {} : { deviceId: { exact: wanted } };
        const made = await createLocalAudioTrack(device);
        if (call !== calls.current) {
          made.stop();
          return;
        }
        opened.current = made;
        setTrack(made);
        setStatus("on");
      } catch (error) {
        if (call === calls.current) setStatus(microphoneFailureOf(error));
      }
    },
    [stop],
  );

  useEffect(() => {
    const unmounted = new AbortController();
    // A trainee who has allowed it before is not asked again.
    void isAllowed().then((allowed) => {
      if (allowed && !unmounted.signal.aborted) void open();
    });
    return () => {
      unmounted.abort();
      close();
    };
  }, [open, close]);

  return { status, track, deviceId, open: (wanted) => void open(wanted), close };
}

async function isAllowed(): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: "microphone" })).state === "granted";
  } catch {
    return false; // this browser does not tell
  }
}
