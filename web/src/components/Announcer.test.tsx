import { act, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import type { Caption } from "../livekit/captions.js";
import { type GreetingState, initialGreetingState } from "../state/greetingState.js";
import { Announcer } from "./Announcer.js";

const GREETING: GreetingState = {
  ...initialGreetingState,
  phase: "greeting",
  mode: "voice",
  modeReason: undefined,
  closing: undefined,
};
const line = (id: string, from: Caption["from"], text: string, final = true): Caption => ({
  id,
  from,
  text,
  lang: "es",
  final,
  stream: 1,
});
const OPENING = line("1", "agent", "Hola.");
const read = () => [...screen.getByRole("log").children].map((child) => child.textContent);

test("each line of the agent is announced once, when it is complete", () => {
  const { rerender } = render(<Announcer state={GREETING} captions={[]} readsLines />);
  const region = screen.getByRole("log");
  expect(region.getAttribute("aria-live")).toBe("polite");
  const growing = line("1", "agent", "Ho", false);
  rerender(<Announcer state={GREETING} captions={[growing]} readsLines />);
  expect(read()).toEqual([]);
  rerender(<Announcer state={GREETING} captions={[OPENING]} readsLines />);
  expect(read()).toEqual(["Hola."]);
  const announced = region.firstElementChild;
  expect(announced?.getAttribute("lang")).toBe("es");

  // Neither what the trainee says nor a wrong guess of it.
  const answer = line("2", "trainee", "Hello", false);
  const question = line("3", "agent", "¿Y usted?");
  rerender(<Announcer state={GREETING} captions={[OPENING, answer, question]} readsLines />);
  expect(read()).toEqual(["Hola.", "¿Y usted?"]);
  // A screen reader reads additions, so the first line must stay the same element.
  expect(region.firstElementChild).toBe(announced);
});

test("nothing is announced while the trainee hears the agent, and nothing of it later", () => {
  const { rerender } = render(
    <Announcer state={GREETING} captions={[OPENING]} readsLines={false} />,
  );
  expect(read()).toEqual([]);
  const written = line("2", "agent", "Ahora escribo.");
  rerender(<Announcer state={GREETING} captions={[OPENING, written]} readsLines />);
  expect(read()).toEqual(["Ahora escribo."]);
});

describe("the trainee's turn", () => {
  const TURN = "Your turn: speak or type";
  const TURN_AFTER_MS = 1_000;
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const turns = (readsLines: boolean) => {
    const announcer = (turn: string | undefined) => (
      <Announcer state={GREETING} captions={[]} {...{ readsLines, turn }} />
    );
    const { rerender } = render(announcer(undefined));
    return (turn: string | undefined, ms: number) => {
      rerender(announcer(turn));
      act(() => void vi.advanceTimersByTime(ms));
      return read();
    };
  };

  test("is announced each time, if the trainee does not hear the agent", () => {
    const change = turns(true);
    for (let time = 0; time < 2; time++) {
      expect(change(TURN, TURN_AFTER_MS)).toEqual([TURN]);
      expect(change(undefined, TURN_AFTER_MS)).toEqual([]);
    }
  });

  test("is announced only the first time, if the trainee hears the agent", () => {
    const change = turns(false);
    expect(change(TURN, TURN_AFTER_MS)).toEqual([TURN]);
    expect(change(undefined, TURN_AFTER_MS)).toEqual([]);
    expect(change(TURN, TURN_AFTER_MS)).toEqual([]);
  });

  test("is not announced in a short break of the agent", () => {
    const change = turns(true);
    expect(change(TURN, TURN_AFTER_MS - 1)).toEqual([]);
    expect(change(undefined, TURN_AFTER_MS)).toEqual([]);
  });
});

test("the ending is announced", () => {
  const state: GreetingState = {
    ...initialGreetingState,
    phase: "ended",
    reason: "completed",
    closing: undefined,
  };
  const { rerender } = render(<Announcer state={GREETING} captions={[]} readsLines={false} />);
  rerender(<Announcer state={state} captions={[]} readsLines={false} />);
  expect(read()).toEqual([
    "Your training is ready. That was your greeting. Thank you for the conversation, and enjoy the video!",
  ]);
});
