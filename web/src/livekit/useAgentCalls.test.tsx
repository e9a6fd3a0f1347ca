import { renderHook } from "@testing-library/react";
import { Room } from "livekit-client";
import { expect, test, vi } from "vitest";

import { useAgentCalls, useNameForNewAgent } from "./useAgentCalls.js";

test("each agent that joins is told the chosen name once, and no agent if there is none", () => {
  const setName = vi.fn().mockRejectedValue(new Error("there is no agent"));
  const { rerender } = renderHook(
    ({ conversing, name }) => useNameForNewAgent({ setName }, conversing, name),
    { initialProps: { conversing: true, name: undefined as string | undefined } },
  );
  // The options have told it to this agent.
  rerender({ conversing: true, name: "Zoë" });
  expect(setName).not.toHaveBeenCalled();
  rerender({ conversing: false, name: "Zoë" });
  rerender({ conversing: true, name: "Zoë" });
  expect(setName).toHaveBeenCalledExactlyOnceWith("Zoë");
});

test("feedback goes to the token endpoint if there is no agent", async () => {
  const giveFeedback = vi.fn().mockResolvedValue(undefined);
  const { result } = renderHook(() => useAgentCalls(new Room(), { giveFeedback }));
  const feedback = { helpful: false, comment: "" };
  await result.current.giveFeedback(feedback);
  expect(giveFeedback).toHaveBeenCalledExactlyOnceWith(feedback);
  giveFeedback.mockRejectedValue(new Error("the feedback was not kept"));
  await expect(result.current.giveFeedback(feedback)).rejects.toThrow("not kept");
});

test("a recording that no agent was asked to stop has not been stopped", async () => {
  const { result } = renderHook(() => useAgentCalls(new Room(), { giveFeedback: vi.fn() }));
  expect(await result.current.stopRecording()).toBe(false);
});

test("Continue knows when feedback that is on its way has been sent, or cannot be", async () => {
  let keep = () => {};
  let refuse = () => {};
  const giveFeedback = () =>
    new Promise<void>((resolve, reject) => {
      keep = resolve;
      refuse = () => reject(new Error("not kept"));
    });
  const { result } = renderHook(() => useAgentCalls(new Room(), { giveFeedback }));
  await result.current.feedbackSent();
  for (const answer of [() => keep(), () => refuse()]) {
    const given = result.current.giveFeedback({ helpful: true, comment: "Kind" });
    given.catch(() => undefined);
    const sent = vi.fn();
    const waiting = result.current.feedbackSent().then(sent);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(sent).not.toHaveBeenCalled();
    answer();
    await waiting;
  }
});
