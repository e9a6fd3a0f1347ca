import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import { Options } from "./Options.js";

function show(answer: string | undefined) {
  const given = {
    setName: vi.fn().mockResolvedValue(answer),
    onName: vi.fn(),
    setTextSize: vi.fn(),
  };
  render(<Options {...given} textSize="normal" />);
  screen.getByTestId<HTMLDetailsElement>("options").open = true;
  return given;
}

test("the page shows the name as the agent says it", async () => {
  const { setName, onName } = show("Zoë");
  await userEvent.type(screen.getByLabelText("Call me something else"), "zoë{Enter}");
  expect(setName).toHaveBeenCalledExactlyOnceWith("zoë");
  await waitFor(() => expect(onName).toHaveBeenCalledExactlyOnceWith("Zoë"));
  expect(screen.getByTestId("name-note").textContent).toContain("will call you Zoë");
});

test("a text that is no name changes nothing", async () => {
  const { onName } = show(undefined);
  await userEvent.type(screen.getByTestId("name-input"), "123{Enter}");
  await waitFor(() =>
    expect(screen.getByTestId("name-note").textContent).toContain("Nothing has changed"),
  );
  expect(onName).not.toHaveBeenCalled();
});

test("the size of the captions is chosen", async () => {
  const { setTextSize } = show(undefined);
  expect(screen.getByTestId("size-normal").getAttribute("aria-pressed")).toBe("true");
  await userEvent.click(screen.getByRole("button", { name: "Very large" }));
  expect(setTextSize).toHaveBeenCalledWith("largest");
});

test("Escape closes the options and keeps the focus", async () => {
  show(undefined);
  screen.getByTestId("name-input").focus();
  await userEvent.keyboard("{Escape}");
  expect(screen.getByTestId<HTMLDetailsElement>("options").open).toBe(false);
  expect(document.activeElement?.tagName).toBe("SUMMARY");
});
