/** Whose turn it is in the conversation. Pure. */
import type { AgentPresence } from "./useAgentPresence.js";

/** `nobody` until the agent begins its opening, and while the connection is interrupted. */
export type Turn = "guide" | "trainee" | "nobody";

/**
 * Args:
 *   hasSpoken: the agent has said something.
 */
export function turnOf(
  agent: AgentPresence | undefined,
  reconnecting: boolean,
  hasSpoken: boolean,
): Turn {
  if (agent === undefined || reconnecting) return "nobody";
  if (agent.activity === "speaking" || agent.activity === "thinking") return "guide";
  // Before the opening, the agent listens, too. After it, it announces its questions.
  const hasBegun = hasSpoken || agent.questions !== undefined;
  return agent.activity === "listening" && hasBegun ? "trainee" : "nobody";
}
