/** What the page says of the guide and of itself, whatever is on its stage. */
import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";

import { Frame } from "./Frame.js";
import type { GreetingState } from "./greetingReducer.js";
import { LANGUAGES, wordsFor } from "./words/index.js";
import { WordsContext } from "./words/useWords.js";

const state: GreetingState = {
  phase: "greeting",
  mode: "avatar",
  modeReason: undefined,
  asks: 0,
  closing: undefined,
  fallback: undefined,
  locale: undefined,
};
const framed = (locale: string, recording: boolean) => (
  <WordsContext value={wordsFor(locale)}>
    <Frame {...{ state, traineeName: "Ana", stage: null, footer: null, recording }} />
  </WordsContext>
);

test.each(Object.keys(LANGUAGES))("an AI speaks, and it says so all the time, in %s", (locale) => {
  render(framed(locale, false));
  expect(screen.getByTestId("ai-avatar").textContent).toMatch(/\b(AI|IA|KI)\b|\bKI-/);
});

test.each(Object.keys(LANGUAGES))(
  "who is recorded sees it for as long as it lasts, in %s",
  (locale) => {
    const { rerender } = render(framed(locale, true));
    const note = screen.getByTestId("recording");
    expect(note.getAttribute("role")).toBe("status");
    expect(note.textContent).toBe(wordsFor(locale).recording);
    expect(note.textContent).toMatch(/record|graba|enregistr|aufgezeichnet/);
    rerender(framed(locale, false));
    expect(note.childNodes).toHaveLength(0);
  },
);
