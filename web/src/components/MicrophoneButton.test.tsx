import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import type { MicrophoneStatus } from "../livekit/useMicrophone.js";
import { MicrophoneButton } from "./MicrophoneButton.js";

const button = (status: MicrophoneStatus, { enabled = true, toggle = vi.fn() } = {}) => (
  <MicrophoneButton
    microphone={{ status, speaking: false, track: undefined, toggle }}
    enabled={enabled}
    textMode={false}
  />
);

test("the microphone is a switch that keeps its name", async () => {
  const toggle = vi.fn();
  const { rerender } = render(button("on", { toggle }));
  expect(screen.getByRole("switch", { name: "Microphone", checked: true })).toBeTruthy();
  await userEvent.click(screen.getByRole("switch"));
  expect(toggle).toHaveBeenCalledOnce();
  rerender(button("off"));
  expect(screen.getByRole("switch", { name: "Microphone", checked: false })).toBeTruthy();
});

test("a note explains why the microphone is off, and what to do", () => {
  const { rerender } = render(button("denied"));
  const note = screen.getByTestId("mic-note");
  expect(note.textContent).toContain("Allow it next to the address");
  rerender(button("notAllowedByHost"));
  expect(note.textContent).toContain("The page around this one does not allow it");
  rerender(button("on"));
  expect(note.textContent).toBe("");
});

test.each<[MicrophoneStatus, boolean]>([
  ["off", false],
  ["asking", true],
])("while it cannot be switched (%s), the microphone keeps the focus", async (status, enabled) => {
  const toggle = vi.fn();
  const { rerender } = render(button("on", { toggle }));
  const microphone = screen.getByRole("switch");
  microphone.focus();
  rerender(button(status, { enabled, toggle }));
  expect(document.activeElement).toBe(microphone);
  expect(microphone.getAttribute("aria-disabled")).toBe("true");
  expect(microphone.matches(":disabled")).toBe(false);
  await userEvent.click(microphone);
  expect(toggle).not.toHaveBeenCalled();
});

test("without a conversation there is no note about the microphone", () => {
  render(button("off", { enabled: false }));
  expect(screen.getByTestId("mic-note").textContent).toBe("");
});
