import { useEffect, useRef } from "react";

import type { Caption } from "../livekit/captions.js";
import { useGuide } from "../texts/guide.js";
import { useTexts } from "../texts/useTexts.js";

/** The list follows new lines while it is scrolled to within this distance of its end. */
const NEAR_THE_END_PX = 60;

/** The conversation as text, with the newest line in view. */
export function CaptionList({ captions, hint }: { captions: readonly Caption[]; hint: string }) {
  const texts = useTexts();
  const { name } = useGuide();
  const list = useRef<HTMLOListElement>(null);
  const followsEnd = useRef(true);

  useEffect(() => {
    const element = list.current;
    if (element !== null && followsEnd.current) element.scrollTop = element.scrollHeight;
  }, [captions]);

  return (
    <ol
      ref={list}
      className="tg-captions"
      data-testid="captions"
      role="log"
      aria-label={texts.captions.label}
      aria-relevant="additions"
      tabIndex={0}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        followsEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_THE_END_PX;
      }}
    >
      {captions.length === 0 && <li className="tg-hint">{hint}</li>}
      {captions.map(({ id, from, text, final }) => (
        <li
          key={id}
          className="tg-caption"
          data-from={from === "agent" ? "guide" : "trainee"}
          data-final={final}
        >
          <span className="tg-speaker">{from === "agent" ? name : texts.you}</span>
          <span className="tg-line">{text}</span>
        </li>
      ))}
    </ol>
  );
}
