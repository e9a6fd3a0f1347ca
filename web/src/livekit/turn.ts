/** Whose turn it is in the conversation. Pure. */
import type { AgentPresence } from "./useAgentPresence.js";

/** `nobody` until the agent begins its opening, and while the connection is interrupted. */
export type Turn = "guide" | "trainee" | "nobody";

export function turnOf(agent: AgentPresence | undefined, reconnecting: boolean): Turn {
  if (agent === undefined || agent.activity === "getting_ready" || reconnecting) return "nobody";
  return agent.activity === "listening" ? "trainee" : "guide";
}
