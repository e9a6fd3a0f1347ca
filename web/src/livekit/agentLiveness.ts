/**
 * Notices a dead agent within about 10 s, or 20 s on a slow connection; LiveKit lists the participant of
 * a killed job for about 20 s more.
 *
 * It knows no LiveKit object; `useAgentLiveness` connects it to the room. An agent that answers
 * again counts as alive again. A call that may have been lost or late on the page's own connection is
 * not counted.
 */
import { delay } from "../lib/timing.js";

/** Time from one call to the next, and the time limit of each. */
export const CALL_EVERY_MS = 3_000;
/** A busy machine may miss one call. */
const DEAD_AFTER_MISSED_CALLS = 2;
/** After an answer was late: LiveKit removes a dead agent at about the same time. */
const DEAD_AFTER_MISSED_CALLS_IF_SLOW = 6;

/**
 * `late`: the answer to an earlier call. `missing`: there is none yet, but the agent or its avatar is
 * heard, or the page's own connection is slow. `unknown`: that connection is interrupted.
 */
export type Answer = "alive" | "late" | "missing" | "silent" | "unknown";

export class AgentLiveness<Agent> {
  private watched: Agent | undefined;
  private missedCalls = 0;
  private deadAfterMissedCalls = DEAD_AFTER_MISSED_CALLS;

  constructor(
    private readonly currentAgent: () => Agent | undefined,
    /** Resolves within about `CALL_EVERY_MS`, never rejects. */
    private readonly callAgent: (agent: Agent) => Promise<Answer>,
    /**
     * Called with an agent that is dead, and with undefined once it answers or another replaces it.
     */
    private readonly onDeadAgent: (agent: Agent | undefined) => void,
  ) {}

  /** Call the agent regularly, until the returned function is called. */
  start(): () => void {
    const stop = new AbortController();
    void this.run(stop.signal);
    return () => stop.abort();
  }

  private async run(stopped: AbortSignal): Promise<void> {
    // A function, because TypeScript assumes that a property keeps its value during an `await`.
    const isStopped = () => stopped.aborted;
    while (!isStopped()) {
      const next = delay(CALL_EVERY_MS, stopped);
      const agent = this.currentAgent();
      if (agent !== this.watched) this.reset(agent);
      if (agent !== undefined) {
        const answer = await this.callAgent(agent);
        if (!isStopped() && agent === this.currentAgent()) this.count(answer);
      }
      await next;
    }
  }

  private reset(agent: Agent | undefined) {
    this.watched = agent;
    if (this.missedCalls >= this.deadAfterMissedCalls) this.onDeadAgent(undefined);
    this.missedCalls = 0;
  }

  private count(answer: Answer) {
    if (answer === "alive" || answer === "late") {
      this.reset(this.watched);
      if (answer === "late") this.deadAfterMissedCalls = DEAD_AFTER_MISSED_CALLS_IF_SLOW;
    } else if (answer === "silent" && ++this.missedCalls === this.deadAfterMissedCalls) {
      this.onDeadAgent(this.watched);
    }
  }
}
