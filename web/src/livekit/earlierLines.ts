/** Asks the agent for what was said before this page joined: after a reload, or in a second tab. */
import type { Room } from "livekit-client";

import { delay } from "../lib/timing.js";
import type { EarlierLine } from "./captions.js";
import { RPC_EARLIER_LINES } from "./roomContract.js";
import { callAgent } from "./rpc.js";

/** LiveKit may list the agent late, and the agent may not know this participant yet. */
const RETRY_DELAYS_MS = [0, 200, 400, 800, 1_600, 3_200];

/** The earlier lines; none if no agent answers in time, because then there is no conversation. */
export async function askForEarlierLines(
  room: Room,
  signal: AbortSignal,
): Promise<readonly EarlierLine[]> {
  for (const retryDelay of RETRY_DELAYS_MS) {
    await delay(retryDelay, signal);
    if (signal.aborted) break;
    const lines = linesFrom(await callAgent(room, RPC_EARLIER_LINES, "").catch(() => ""));
    if (lines !== undefined) return lines;
  }
  return [];
}

/** Undefined if the agent does not know this participant yet, or is older than this page. */
export function linesFrom(answer: string): EarlierLine[] | undefined {
  try {
    const { lines } = JSON.parse(answer) as { lines: EarlierLine[] };
    return Array.isArray(lines) ? lines : undefined;
  } catch {
    return undefined;
  }
}
