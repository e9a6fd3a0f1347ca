/** Whose turn it is in the conversation. Pure. */
import type { Activity } from "./agentPresence.js";

/** `nobody` until the agent begins its opening, and while the connection is interrupted. */
export type Turn = "guide" | "trainee" | "nobody";

/** `activity` is undefined while there is no agent. */
export function turnOf(activity: Activity | undefined, reconnecting: boolean): Turn {
  if (activity === undefined || activity === "getting_ready" || reconnecting) return "nobody";
  return activity === "listening" ? "trainee" : "guide";
}
