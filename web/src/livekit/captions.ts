/** The lines of the conversation. Pure. A line is one segment of speech, or one typed message. */

export interface Caption {
  /** The segment's id; it stays the same through all revisions. */
  id: string;
  from: "agent" | "trainee";
  text: string;
  /** BCP 47 tag of the greeting's language when the line began; undefined if it was not known. */
  lang: string | undefined;
  /** The text does not change any more. */
  final: boolean;
  /** It was said before this page joined, so it is not announced. */
  earlier?: boolean;
  /** Number of the stream that wrote the text; a later stream of the same segment replaces it. */
  stream: number;
}

/** A part of a text stream on `lk.transcription`, or a typed message. */
export interface CaptionUpdate {
  id: string;
  from: Caption["from"];
  lang: string | undefined;
  stream: number;
  /** Text to append to what the same stream has written. */
  delta: string;
  final: boolean;
}

/** What was said before this page joined, oldest first; the answer to `earlier_lines`. */
export type EarlierLine = Pick<Caption, "from" | "text" | "lang">;

const MAX_CAPTIONS = 200;

/** `live` is the line `earlier`, or its beginning. */
function continues(live: Pick<Caption, "from" | "text">, earlier: EarlierLine): boolean {
  const text = live.text.trim();
  return live.from === earlier.from && text !== "" && earlier.text.trim().startsWith(text);
}

/** Put the earlier lines before the captions, without those that came in the meantime. */
function withEarlier(
  captions: readonly Caption[],
  lines: readonly EarlierLine[],
): readonly Caption[] {
  const isKnown = (line: EarlierLine) => captions.some((caption) => continues(caption, line));
  const missing = lines.slice(0, lines.findLastIndex((line) => !isKnown(line)) + 1);
  const before = missing.map((line, index): Caption => {
    return { ...line, id: `earlier-${index}`, final: true, earlier: true, stream: 0 };
  });
  return [...before, ...captions].slice(-MAX_CAPTIONS);
}

export function mergeCaption(
  captions: readonly Caption[],
  update: CaptionUpdate | { earlier: readonly EarlierLine[] },
): readonly Caption[] {
  if ("earlier" in update) return withEarlier(captions, update.earlier);
  const { id, from, lang, stream, delta, final } = update;
  const index = captions.findIndex((caption) => caption.id === id);
  const known = captions[index];
  if (known === undefined) {
    if (delta === "") return captions;
    // The agent goes on with its last line, or repeats it for a trainee who came back.
    const last = captions.at(-1);
    const again = last?.earlier === true && continues({ from, text: delta }, last);
    const before = again ? captions.slice(0, -1) : captions;
    return [...before, { id, from, lang, stream, text: delta, final }].slice(-MAX_CAPTIONS);
  }
  if (stream < known.stream || (known.final && !final)) return captions;
  // A new stream that has no text yet does not erase the text of the last one.
  if (stream > known.stream && delta === "") return captions;
  const text = stream === known.stream ? known.text + delta : delta;
  return captions.with(index, { ...known, lang: known.lang ?? lang, stream, text, final });
}

/** The agent was interrupted: a whole line ends with punctuation. */
export function isBrokenOff({ from, text, final }: Caption): boolean {
  return from === "agent" && final && !/[\p{P}\p{S}]\s*$/u.test(text);
}
