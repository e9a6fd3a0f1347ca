import { type ReactNode, useEffect, useRef } from "react";

import { directionOf } from "../lib/direction.js";
import { type Caption, isBrokenOff } from "../livekit/captions.js";
import { useGuide } from "../texts/guide.js";
import { useTexts } from "../texts/useTexts.js";

/** The list follows new lines while it is scrolled to within this distance of the newest. */
const NEAR_THE_END_PX = 60;

/** A row of text. */
const KEPT_OF_A_LINE_PX = 28;

/**
 * Return the position to scroll to. It is the end of the list. If the box is too low for all of it, it is
 * the start of the buttons on the trainee's turn, and the end of the last line while the guide speaks.
 */
function newestAt(box: HTMLElement): number {
  const { scrollHeight, clientHeight } = box;
  const end = scrollHeight - clientHeight;
  const chips = box.querySelector<HTMLElement>(".tg-chips");
  // After a thumb, the field for a comment is at the end of the form.
  if (chips === null || chips.querySelector("input") !== null) return end;
  if (chips.dataset.waits === "true") return Math.min(end, chips.offsetTop);
  const line = box.querySelector<HTMLElement>(".tg-caption:last-child");
  if (line === null) return end;
  return Math.min(end, line.offsetTop + line.offsetHeight - KEPT_OF_A_LINE_PX);
}

interface CaptionListProps {
  captions: readonly Caption[];
  /** Shown until the first line. */
  hint: string;
  /** Below the last line; it scrolls with the lines, so that a low box has room for the field. */
  children?: ReactNode;
}

/** The conversation as text, with its end in view. `Announcer` reads it to screen readers. */
export function CaptionList({ captions, hint, children }: CaptionListProps) {
  const texts = useTexts();
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const followsEnd = useRef(true);
  /** Where `follow` scrolled to. */
  const followedTo = useRef(0);

  const follow = () => {
    const element = box.current;
    if (element === null || !followsEnd.current) return;
    element.scrollTop = newestAt(element);
    followedTo.current = element.scrollTop;
  };
  useEffect(follow, [captions]);
  useEffect(() => {
    if (typeof ResizeObserver === "undefined") return;
    // Turning a phone, zooming and the on-screen keyboard change the height of the box.
    const observer = new ResizeObserver(follow);
    for (const { current } of [box, content]) if (current !== null) observer.observe(current);
    return () => observer.disconnect();
  }, []);

  return (
    <div
      ref={box}
      className="tg-captions"
      data-testid="captions"
      role="region"
      aria-label={texts.captions.label}
      tabIndex={0}
      onScroll={({ currentTarget }) => {
        const { scrollTop } = currentTarget;
        // The event comes a frame late: since `follow`, buttons may have been added below.
        followsEnd.current =
          scrollTop === followedTo.current || scrollTop > newestAt(currentTarget) - NEAR_THE_END_PX;
      }}
    >
      <div ref={content} className="tg-talk">
        {captions.length === 0 ? (
          <p className="tg-hint">{hint}</p>
        ) : (
          <ol className="tg-lines">
            {captions.map((caption) => (
              <Line key={caption.id} caption={caption} />
            ))}
          </ol>
        )}
        {children}
      </div>
    </div>
  );
}

function Line({ caption }: { caption: Caption }) {
  const { from, text, lang, final } = caption;
  const texts = useTexts();
  const { name } = useGuide();
  return (
    <li
      className="tg-caption"
      data-from={from === "agent" ? "guide" : "trainee"}
      data-final={final}
    >
      <bdi className="tg-speaker">{from === "agent" ? name : texts.you}</bdi>
      <span className="tg-line" lang={lang} dir={lang === undefined ? "auto" : directionOf(lang)}>
        {text}
        {isBrokenOff(caption) && (
          <>
            <span aria-hidden="true">…</span>
            <span className="tg-visually-hidden" lang={texts.locale}>
              {" "}
              {texts.captions.brokenOff}
            </span>
          </>
        )}
      </span>
    </li>
  );
}
