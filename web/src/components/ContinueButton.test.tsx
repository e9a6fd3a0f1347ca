import { act, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import { ContinueButton } from "./ContinueButton.js";

test("Continue says that the browser is offline, instead of that the video is ready", () => {
  const network = vi.spyOn(navigator, "onLine", "get");
  const setOnline = (online: boolean) =>
    act(() => {
      network.mockReturnValue(online);
      window.dispatchEvent(new Event(online ? "online" : "offline"));
    });
  render(<ContinueButton leaving="no" leave={vi.fn()} hint="late" />);
  const line = () => screen.getByTestId("continue-line").textContent;
  expect(line()).toContain("your training video is ready");
  setOnline(false);
  expect(line()).toBe("You are offline. Please check your internet connection.");
  setOnline(true);
  expect(line()).toContain("your training video is ready");
});
