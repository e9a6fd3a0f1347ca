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
  render(
    <>
      <Options {...given} textSize="normal" />
      <p>Elsewhere</p>
      <button type="button">Next</button>
    </>,
  );
  screen.getByTestId<HTMLDetailsElement>("options").open = true;
  return given;
}
const isOpen = () => screen.getByTestId<HTMLDetailsElement>("options").open;

test("the page shows the name as the agent says it", async () => {
  const { setName, onName } = show("Zoë");
  await userEvent.type(screen.getByLabelText("Call me something else"), "zoë{Enter}");
  expect(setName).toHaveBeenCalledExactlyOnceWith("zoë");
  await waitFor(() => expect(onName).toHaveBeenCalledExactlyOnceWith("Zoë"));
  expect(screen.getByTestId("name-note").textContent).toContain("will call you Zoë");
});

test("a text that is not a name changes nothing", async () => {
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
  expect(isOpen()).toBe(false);
  expect(document.activeElement?.tagName).toBe("SUMMARY");
});

test("the options close when the focus goes on, and not within them", async () => {
  show(undefined);
  screen.getByTestId("name-input").focus();
  for (let controls = 0; controls < 4; controls++) {
    await userEvent.tab();
    expect(isOpen()).toBe(true);
  }
  expect(document.activeElement).toBe(screen.getByTestId("size-largest"));
  await userEvent.tab();
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Next" }));
  expect(isOpen()).toBe(false);
});

test("a press elsewhere closes the options, and one within them does not", async () => {
  show(undefined);
  await userEvent.click(screen.getByText("Text size"));
  expect(isOpen()).toBe(true);
  await userEvent.click(screen.getByText("Elsewhere"));
  expect(isOpen()).toBe(false);
});

test("the options stay open while another window has the focus", () => {
  show(undefined);
  screen.getByTestId("name-input").focus();
  screen.getByTestId("name-input").blur();
  expect(isOpen()).toBe(true);
});
