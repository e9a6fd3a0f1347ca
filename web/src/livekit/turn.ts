/** Whose turn it is in the conversation. Pure. */
import type { AgentPresence } from "./useAgentPresence.js";

/** `nobody` until the agent begins, and while the connection is interrupted. */
export type Turn = "guide" | "trainee" | "nobody";

export function turnOf(agent: AgentPresence | undefined, reconnecting: boolean): Turn {
  if (agent === undefined || reconnecting) return "nobody";
  if (agent.activity === "speaking" || agent.activity === "thinking") return "guide";
  // The agent announces its language when it begins to speak; before that, it waits.
  const hasBegun = agent.status.locale !== undefined;
  return agent.activity === "listening" && hasBegun ? "trainee" : "nobody";
}
