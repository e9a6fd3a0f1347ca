/** The calls that the page makes to the agent, in addition to the conversation. */
import type { Room } from "livekit-client";
import { useEffect, useMemo, useRef } from "react";

import type { Feedback, EndpointClient } from "../endpoint/endpointClient.js";
import { useStableCallback } from "../lib/useStableCallback.js";
import { RPC_FEEDBACK, RPC_SET_NAME, RPC_STOP_RECORDING } from "./roomContract.js";
import { callAgent } from "./rpc.js";

export interface AgentCalls {
  /**
   * Choose the name the trainee is called by. Resolves with the name as the agent says it, or with
   * undefined if it is not a name; rejects if the agent cannot be reached.
   */
  setName: (name: string) => Promise<string | undefined>;
  /**
   * Add feedback to the outcome; it replaces earlier feedback. Also after the end, then by the token
   * endpoint. Rejects if it is not kept.
   */
  giveFeedback: (feedback: Feedback) => Promise<void>;
  /** Resolves when no feedback is on its way; never rejects. */
  feedbackSent: () => Promise<unknown>;
  /**
   * Stops and deletes the recording, if there is one. Resolves with false if the agent did not get the
   * request; never rejects.
   */
  stopRecording: () => Promise<boolean>;
}

export function useAgentCalls(
  room: Room,
  { giveFeedback }: Pick<EndpointClient, "giveFeedback">,
): AgentCalls {
  const onItsWay = useRef<Promise<unknown>>(Promise.resolve());
  return useMemo(() => {
    const call = (method: string, payload: object) =>
      callAgent(room, method, JSON.stringify(payload));
    return {
      setName: async (name) => nameIn(await call(RPC_SET_NAME, { name })),
      giveFeedback: async (feedback) => {
        // The agent may be leaving.
        const given = call(RPC_FEEDBACK, feedback).catch(() => giveFeedback(feedback));
        onItsWay.current = Promise.allSettled([onItsWay.current, given]);
        await given;
      },
      feedbackSent: () => onItsWay.current,
      stopRecording: () =>
        callAgent(room, RPC_STOP_RECORDING, "").then(
          (answer) => answer === "ok",
          () => false,
        ),
    };
  }, [room, giveFeedback]);
}

/**
 * Tell an agent the name that the trainee has chosen. An agent that takes over knows it from the
 * outcome, but not with OUTCOME_DETAIL=aggregate.
 *
 * Args:
 *   conversing: an agent is there. Each time it becomes true, the agent may be another one.
 */
export function useNameForNewAgent(
  { setName }: Pick<AgentCalls, "setName">,
  conversing: boolean,
  chosenName: string | undefined,
): void {
  const tell = useStableCallback(() => {
    if (chosenName !== undefined) setName(chosenName).catch(() => undefined);
  });
  useEffect(() => {
    if (conversing) tell();
  }, [conversing, tell]);
}

function nameIn(answer: string): string | undefined {
  try {
    const { name } = JSON.parse(answer) as { name?: unknown };
    return typeof name === "string" && name !== "" ? name : undefined;
  } catch {
    return undefined;
  }
}
