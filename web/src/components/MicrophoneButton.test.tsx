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
  expect(note.textContent).toContain("allow it beside the address");
  rerender(button("notAllowedByHost"));
  expect(note.textContent).toContain("The page around this one does not allow it");
  rerender(button("on"));
  expect(note.textContent).toBe("");
});

test("without a conversation the microphone cannot be switched on", () => {
  render(button("off", { enabled: false }));
  expect(screen.getByRole<HTMLButtonElement>("switch").disabled).toBe(true);
  expect(screen.getByTestId("mic-note").textContent).toBe("");
});
