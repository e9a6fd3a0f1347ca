import { useEffect, useRef, useState } from "react";

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
  /** On the trainee's turn: what they can do. */
  turn?: string | undefined;
}

/** A screen reader that is busy reads at most this many lines late. */
const MAX_LINES = 5;

/** The agent is often silent for a moment between two sentences. */
const TURN_AFTER_MS = 1_000;

/**
 * The only part of the page that reads the conversation to a screen reader: each line of the agent,
 * once it is complete, the trainee's turn, and the ending. If the trainee hears the agent, it reads
 * only their first turn and the ending, because a screen reader would talk over the agent.
 */
export function Announcer({ state, captions, readsLines, turn }: AnnouncerProps) {
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
  const [announcedTurn, setAnnouncedTurn] = useState<string>();
  const hadTurn = useRef(false);
  useEffect(() => {
    const timer = setTimeout(() => {
      setAnnouncedTurn(readsLines || !hadTurn.current ? turn : undefined);
      hadTurn.current ||= turn !== undefined;
    }, TURN_AFTER_MS);
    return () => clearTimeout(timer);
  }, [turn, readsLines]);
  return (
    <div className="tg-visually-hidden" role="log" aria-live="polite" data-testid="announcer">
      {lines.map((line) => (
        <p key={line.id} lang={line.lang} dir={line.lang && directionOf(line.lang)}>
          {line.text}
          {isBrokenOff(line) && "…"}
        </p>
      ))}
      {announcedTurn !== undefined && <p>{announcedTurn}</p>}
      {isOver(state) && (
        <p>
          {endingTitle(state, texts)}. {reasonNote(state, texts)}
        </p>
      )}
    </div>
  );
}
