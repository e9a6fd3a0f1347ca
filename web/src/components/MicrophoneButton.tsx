import { useId } from "react";

import type { Microphone } from "../livekit/useMicrophone.js";
import { useTexts } from "../texts/useTexts.js";
import { MicrophoneIcon, MicrophoneOffIcon } from "./icons.js";

interface MicrophoneButtonProps {
  microphone: Microphone;
  enabled: boolean;
  /** The agent writes, so a note that suggests listening would be wrong. */
  textMode: boolean;
}

/** Switches the trainee's microphone, and explains why it is off. */
export function MicrophoneButton({ microphone, enabled, textMode }: MicrophoneButtonProps) {
  const texts = useTexts();
  const noteId = useId();
  const { status, speaking, toggle } = microphone;
  const on = status === "on";
  const usable = enabled && status !== "asking";
  const hasNote = enabled && status !== "on" && (!textMode || status === "off");
  return (
    <div className="tg-microphone">
      <button
        type="button"
        className="tg-mic"
        data-testid="mic-button"
        data-status={status}
        data-speaking={speaking}
        role="switch"
        aria-checked={on}
        aria-label={texts.microphone.label}
        aria-describedby={noteId}
        aria-disabled={!usable}
        onClick={usable ? toggle : undefined}
      >
        {on ? <MicrophoneIcon /> : <MicrophoneOffIcon />}
        <span className="tg-mic-state" aria-hidden="true">
          {on ? texts.microphone.on : texts.microphone.off}
        </span>
      </button>
      <p id={noteId} className="tg-mic-note" data-testid="mic-note" role="status">
        {hasNote && texts.microphoneNote[status]}
      </p>
    </div>
  );
}
