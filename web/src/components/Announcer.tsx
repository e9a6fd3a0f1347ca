import { useState } from "react";

import { directionOf } from "../lib/direction.js";
import { type Caption, isBrokenOff } from "../livekit/captions.js";
import { type GreetingState, isOver } from "../state/greetingState.js";
import { useTexts } from "../texts/useTexts.js";
import { endingTitle, reasonNote } from "./endingTexts.js";

interface AnnouncerProps {
  state: GreetingState;
  captions: readonly Caption[];
  /** The trainee does not hear the agent, so its lines are read aloud. */
  readsLines: boolean;
}

/** A screen reader that is busy reads at most this many lines late. */
const MAX_LINES = 5;

/**
 * The only part of the page that reads the conversation to a screen reader: each line of the agent,
 * once it is complete, and the ending. While the trainee hears the agent it stays silent, because a
 * screen reader would talk over the agent.
 */
export function Announcer({ state, captions, readsLines }: AnnouncerProps) {
  const texts = useTexts();
  // Lines from before are not read when the sound fails or is switched off.
  const [heard, setHeard] = useState<ReadonlySet<string>>(new Set());
  if (!readsLines) {
    const unheard = captions.filter(({ id }) => !heard.has(id));
    if (unheard.length > 0) setHeard(new Set(captions.map(({ id }) => id)));
  }
  const lines = readsLines
    ? captions
        .filter(
          ({ id, from, final, earlier }) =>
            from === "agent" && final && earlier !== true && !heard.has(id),
        )
        .slice(-MAX_LINES)
    : [];
  return (
    <div
      className="tg-visually-hidden"
      role="log"
      aria-live="polite"
      aria-label={texts.captions.label}
      data-testid="announcer"
    >
      {lines.map((line) => (
        <p key={line.id} lang={line.lang} dir={line.lang && directionOf(line.lang)}>
          {line.text}
          {isBrokenOff(line) && "…"}
        </p>
      ))}
      {isOver(state) && (
        <p>
          {endingTitle(state, texts)}. {reasonNote(state, texts)}
        </p>
      )}
    </div>
  );
}
