/** What was said, line by line; pure. A line is one segment of speech, however often it is revised. */

export interface Caption {
  /** The segment's id; the same through all revisions. */
  id: string;
  from: "guide" | "trainee";
  text: string;
  /** Nothing will change any more. */
  final: boolean;
  /** Which stream wrote the text; a later stream of the same segment replaces it. */
  stream: number;
}

/** A piece of a text stream on `lk.transcription`, or one typed line. */
export interface CaptionUpdate {
  id: string;
  from: Caption["from"];
  stream: number;
  /** Added to what the same stream has written so far. */
  delta: string;
  final: boolean;
}

const LINES_KEPT = 200;

export function mergeCaption(
  captions: readonly Caption[],
  update: CaptionUpdate,
): readonly Caption[] {
  const { id, from, stream, delta, final } = update;
  const index = captions.findIndex((one) => one.id === id);
  const known = captions[index];
  if (known === undefined) {
    if (delta === "") return captions;
    return [...captions, { id, from, stream, text: delta, final }].slice(-LINES_KEPT);
  }
  if (stream < known.stream || (known.final && !final)) return captions;
  // A stream that has said nothing yet does not wipe out what is there.
  if (stream > known.stream && delta === "") return captions;
  const text = stream === known.stream ? known.text + delta : delta;
  return captions.with(index, { ...known, stream, text, final });
}
