import { cleanup, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import type { AgentPresence } from "../livekit/useAgentPresence.js";
import {
  type AgentMode,
  type GreetingState,
  initialGreetingState,
  MODE_REASONS,
} from "../state/greetingState.js";
import { LANGUAGES, textsFor } from "../texts/index.js";
import { TextsContext } from "../texts/useTexts.js";
import { Stage } from "./Stage.js";

const OFF = { status: "off", speaking: false, track: undefined, toggle: vi.fn() } as const;

function show(
  output: AgentMode,
  locale = "en",
  connection = { slowConnection: false, reconnecting: false },
) {
  const state: GreetingState = {
    ...initialGreetingState,
    phase: "greeting",
    closing: undefined,
    ...output,
  };
  const agent: AgentPresence = {
    status: { ready: true, output, locale, closing: undefined, ended: undefined },
    activity: "speaking",
    recording: false,
    takesFeedback: false,
    guide: undefined,
    questions: undefined,
    videoTrack: undefined,
    audioTrack: undefined,
  };
  vi.spyOn(window, "matchMedia").mockReturnValue({ matches: true } as MediaQueryList);
  render(
    <TextsContext value={textsFor([locale])}>
      <Stage
        {...{
          state,
          agent,
          turn: "guide",
          ...connection,
          microphone: OFF,
          canTap: false,
          playback: "blocked",
          unlock: vi.fn(),
          readAlong: vi.fn(),
        }}
      />
    </TextsContext>,
  );
}
const note = () => screen.getByTestId("mode-note").textContent;

test("text mode shows no sound button and no speaking portrait", () => {
  show({ mode: "text", modeReason: "speech_failed" });
  expect(note()).toBe("Your guide can't speak right now and is writing to you instead.");
  expect(screen.queryByTestId("tap-to-hear")).toBeNull();
  expect(screen.getByTestId("guide-activity").textContent).toBe("Your guide is writing…");
  expect(screen.getByTestId("portrait").dataset.speaking).toBe("false");
  cleanup();
  show({ mode: "voice", modeReason: undefined });
  expect(note()).toBe("");
  expect(screen.getByTestId("tap-to-hear")).toBeDefined();
  // Before the tap, it is neither the guide's turn nor the trainee's.
  expect(screen.queryByTestId("guide-activity")).toBeNull();
});

test("text mode without a known reason still says that the guide writes", () => {
  show({ mode: "text", modeReason: undefined });
  expect(note()).toContain("writing to you");
});

test("a slow connection is said instead of the mode, unless typing does not help", () => {
  const slow = { slowConnection: true, reconnecting: false };
  show({ mode: "voice", modeReason: "avatar_left" }, "en", slow);
  expect(note()).toBe("Your connection is slow. You can also read along and type.");
  cleanup();
  show({ mode: "text", modeReason: "speech_failed" }, "en", slow);
  expect(note()).toContain("writing to you");
  cleanup();
  show({ mode: "avatar", modeReason: undefined }, "en", { ...slow, reconnecting: true });
  expect(note()).toBe("");
});

test.each(Object.keys(LANGUAGES))("every mode reason has a friendly text in %s", (locale) => {
  for (const reason of MODE_REASONS.filter((reason) => reason !== "speech_failed")) {
    show({ mode: "voice", modeReason: reason }, locale);
    expect(note(), reason).toMatch(/voice|voz|voix|zu hören/);
    expect(note(), reason).not.toMatch(/fail|error|budget|fehl|erreur|presupuesto/i);
    cleanup();
  }
});
