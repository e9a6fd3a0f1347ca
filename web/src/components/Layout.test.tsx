import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";

import { type GreetingState, initialGreetingState } from "../state/greetingState.js";
import { LANGUAGES, textsFor } from "../texts/index.js";
import { TextsContext } from "../texts/useTexts.js";
import { Layout } from "./Layout.js";

const state: GreetingState = {
  ...initialGreetingState,
  phase: "greeting",
  mode: "avatar",
  modeReason: undefined,
  closing: undefined,
};
const layout = (locale: string, recording: boolean, stopRecording?: () => Promise<boolean>) => (
  <TextsContext value={textsFor([locale])}>
    <Layout
      {...{ state, traineeName: "Ana", stage: null, footer: null, recording }}
      {...(stopRecording && { stopRecording })}
    />
  </TextsContext>
);

test.each(Object.keys(LANGUAGES))("the layout says that the guide is an AI, in %s", (locale) => {
  render(layout(locale, false));
  expect(screen.getByTestId("ai-avatar").textContent).toMatch(/\b(AI|IA|KI)\b|\bKI-/);
});

test.each(Object.keys(LANGUAGES))(
  "the layout shows a note while the trainee is recorded, in %s",
  (locale) => {
    const { rerender } = render(layout(locale, true));
    const note = screen.getByTestId("recording");
    expect(note.getAttribute("role")).toBe("status");
    expect(note.textContent).toBe(textsFor([locale]).recording);
    expect(note.textContent).toMatch(/record|graba|enregistr|aufgezeichnet/);
    rerender(layout(locale, false));
    expect(note.childNodes).toHaveLength(0);
  },
);

test.each([true, false])(
  "the layout says that the recording was stopped if the agent got the request (%s)",
  async (gotIt) => {
    const stop = () => Promise.resolve(gotIt);
    const { rerender } = render(layout("en", true, stop));
    await userEvent.click(screen.getByTestId("stop-recording"));
    // It ends: the agent has deleted it, or the greeting is over.
    rerender(layout("en", false, stop));
    const note = screen.getByTestId("recording").textContent;
    expect(note).toBe(gotIt ? "The recording was stopped and deleted." : "");
  },
);

test("a name from right to left does not turn the words around it", () => {
  render(layout("en", false));
  const heading = screen.getByRole("heading", { level: 1 });
  expect(heading.innerHTML).toBe("Welcome, <bdi>Ana</bdi>");
});
