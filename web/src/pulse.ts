/**
 * Notices that the guide is dead, sooner than LiveKit does: a killed job's seat is shown for 20 s more.
 *
 * It asks and counts, and knows no SDK object; `usePulse` gives it somebody to ask. Who answers again
 * was not dead after all. A question that our own line may have swallowed counts for nothing.
 */
import { pause } from "./pause.js";

/** From one question to the next, and how long each may take. */
export const ASK_EVERY_MS = 3_000;
/** So many in a row without an answer: a busy machine may miss one. */
const MISSES = 2;

/** `unknown`: our own connection is not what it should be. */
export type Answer = "alive" | "silent" | "unknown";

export class Pulse<Guide> {
  private watched: Guide | undefined;
  private misses = 0;

  constructor(
    /** Whoever is to answer now. */
    private readonly guide: () => Guide | undefined,
    /** Asks; resolves within about `ASK_EVERY_MS`, never rejects. */
    private readonly ask: (guide: Guide) => Promise<Answer>,
    /** Told who is silent for good, and `undefined` when they answer or another has come. */
    private readonly onSilent: (guide: Guide | undefined) => void,
  ) {}

  /** Ask from now on, until the returned function is called. */
  start(): () => void {
    const stop = new AbortController();
    void this.run(stop.signal);
    return () => stop.abort();
  }

  private async run(stopped: AbortSignal): Promise<void> {
    for (;;) {
      const next = pause(ASK_EVERY_MS, stopped);
      const guide = this.guide();
      if (guide !== this.watched) this.meet(guide);
      if (guide !== undefined) {
        const answer = await this.ask(guide);
        if (stopped.aborted) return;
        if (guide === this.guide()) this.count(answer);
      }
      await next;
      if (stopped.aborted) return;
    }
  }

  private meet(guide: Guide | undefined) {
    this.watched = guide;
    if (this.misses >= MISSES) this.onSilent(undefined);
    this.misses = 0;
  }

  private count(answer: Answer) {
    if (answer === "alive") {
      this.meet(this.watched);
    } else if (answer === "silent" && ++this.misses === MISSES) {
      this.onSilent(this.watched);
    }
  }
}
