/** Switches the trainee's microphone, and says what stands in its way. */
import { useId } from "react";

import { MicrophoneIcon, MicrophoneOffIcon } from "./Icons.js";
import type { Microphone } from "./useMicrophone.js";
import { useWords } from "./words/useWords.js";

export function MicrophoneButton({
  microphone,
  enabled,
  written,
}: {
  microphone: Microphone;
  enabled: boolean;
  /** There is nothing to listen to. */
  written: boolean;
}) {
  const words = useWords();
  const noteId = useId();
  const { status, speaking, toggle } = microphone;
  const on = status === "on";
  const noted = enabled && status !== "on" && (!written || status === "off");
  const note = noted ? words.microphoneNote[status] : undefined;
  return (
    <div className="tg-microphone">
      <button
        type="button"
        className="tg-mic"
        data-testid="mic-button"
        data-status={status}
        data-speaking={speaking}
        aria-pressed={on}
        aria-describedby={noteId}
        disabled={!enabled || status === "asking"}
        onClick={toggle}
      >
        {on ? <MicrophoneIcon /> : <MicrophoneOffIcon />}
        <span>{on ? words.microphone.on : words.microphone.off}</span>
      </button>
      <p id={noteId} data-testid="mic-note" role="status">
        {note}
      </p>
    </div>
  );
}
