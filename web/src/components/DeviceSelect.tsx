import { useMediaDevices } from "@livekit/components-react";
import { useId } from "react";

import { fill } from "../lib/fill.js";
import type { MicrophonePreview } from "../livekit/useMicrophonePreview.js";
import { useTexts } from "../texts/useTexts.js";

/**
 * A choice of microphones. Show it only while one is open: before that, browsers hide the names of the
 * devices.
 */
export function DeviceSelect({ microphone }: { microphone: MicrophonePreview }) {
  const { preJoin } = useTexts();
  const id = useId();
  const devices = useMediaDevices({ kind: "audioinput" });
  if (devices.length < 2) return null;
  return (
    <div className="tg-device">
      <label className="tg-visually-hidden" htmlFor={id}>
        {preJoin.device}
      </label>
      <select
        id={id}
        data-testid="mic-device"
        value={microphone.deviceId ?? devices[0]?.deviceId}
        onChange={({ target }) => microphone.open(target.value)}
      >
        {devices.map(({ deviceId, label }, index) => (
          <option key={deviceId} value={deviceId}>
            {label || fill(preJoin.nthDevice, { number: index + 1 })}
          </option>
        ))}
      </select>
    </div>
  );
}
