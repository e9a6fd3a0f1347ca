/** Whose turn it is in the conversation. Pure. */
import type { AgentPresence } from "./useAgentPresence.js";

/** `nobody` until the agent speaks its opening, and while the connection is interrupted. */
export type Turn = "guide" | "trainee" | "nobody";

export function turnOf(agent: AgentPresence | undefined, reconnecting: boolean): Turn {
  if (agent === undefined || reconnecting) return "nobody";
  if (agent.activity === "speaking" || agent.activity === "thinking") return "guide";
  // Until its opening is over, the agent listens, but does not answer; then it announces its questions.
  const openingIsOver = agent.questions !== undefined;
  return agent.activity === "listening" && openingIsOver ? "trainee" : "nobody";
}
