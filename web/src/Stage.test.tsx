/** What stands on the stage when it is not the avatar who speaks. */
import { cleanup, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import { type GreetingState, type Mode, MODE_REASONS, type ModeReason } from "./greetingReducer.js";
import { Stage } from "./Stage.js";
import type { Guide } from "./useGuide.js";
import { LANGUAGES, wordsFor } from "./words/index.js";
import { WordsContext } from "./words/useWords.js";

function show(mode: Mode, modeReason: ModeReason | undefined, locale = "en") {
  const state: GreetingState = {
    phase: "greeting",
    mode,
    modeReason,
    asks: 0,
    closing: undefined,
    fallback: undefined,
    locale,
  };
  const guide: Guide = {
    identity: "agent",
    activity: "speaking",
    mode,
    modeReason,
    ready: true,
    locale,
    closing: undefined,
    recording: false,
    ended: undefined,
    videoTrack: undefined,
    audioTrack: undefined,
  };
  vi.spyOn(window, "matchMedia").mockReturnValue({ matches: true } as MediaQueryList);
  render(
    <WordsContext value={wordsFor(locale)}>
      <Stage {...{ state, guide, reconnecting: false, sound: "blocked", unlock: vi.fn() }} />
    </WordsContext>,
  );
}
const note = () => screen.getByTestId("mode-note").textContent;

test("a guide who writes needs no tap to be heard, and moves no mouth", () => {
  show("text", "speech_failed");
  expect(note()).toBe("Your guide has no voice just now and writes to you instead.");
  expect(screen.queryByTestId("tap-to-hear")).toBeNull();
  expect(screen.getByTestId("guide-activity").textContent).toBe("Writing");
  expect(screen.getByTestId("portrait").dataset.speaking).toBe("false");
  cleanup();
  show("voice", undefined);
  expect(note()).toBe("");
  expect(screen.getByTestId("tap-to-hear")).toBeDefined();
  expect(screen.getByTestId("guide-activity").textContent).toBe("Speaking");
});

test("who writes for a reason we do not know still says that they write", () => {
  show("text", undefined);
  expect(note()).toContain("writes to you");
});

test.each(Object.keys(LANGUAGES))("every reason has kind words in %s", (locale) => {
  for (const reason of MODE_REASONS.filter((one) => one !== "speech_failed")) {
    show("voice", reason, locale);
    expect(note(), reason).toMatch(/voice|voz|voix|Stimme/);
    expect(note(), reason).not.toMatch(/fail|error|budget|fehl|erreur|presupuesto/i);
    cleanup();
  }
});
