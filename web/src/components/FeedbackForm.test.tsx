import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import { FeedbackForm } from "./FeedbackForm.js";

function show() {
  const give = vi.fn().mockResolvedValue(undefined);
  const typing = vi.fn();
  render(<FeedbackForm give={give} typing={typing} />);
  return { give, typing };
}

test("a thumb is sent at once, and a line is added to it", async () => {
  const { give, typing } = show();
  expect(screen.queryByTestId("feedback-comment")).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Yes, it did" }));
  expect(give).toHaveBeenLastCalledWith({ helpful: true, comment: "" });
  expect(screen.getByTestId("thumb-up").getAttribute("aria-pressed")).toBe("true");
  typing.mockClear();
  await userEvent.type(screen.getByTestId("feedback-comment"), "Kind!{Enter}");
  expect(typing.mock.calls.length).toBeGreaterThanOrEqual(5);
  expect(give).toHaveBeenLastCalledWith({ helpful: true, comment: "Kind!" });
  await waitFor(() =>
    expect(screen.getByTestId("feedback-status").textContent).toContain("Thank you"),
  );
});

test("a line that was not sent yet is sent when the trainee leaves the field", async () => {
  const { give } = show();
  await userEvent.click(screen.getByTestId("thumb-down"));
  await userEvent.type(screen.getByTestId("feedback-comment"), "Too fast");
  await userEvent.tab();
  expect(give).toHaveBeenLastCalledWith({ helpful: false, comment: "Too fast" });
});

test("a line is saved without Send, because the greeting may end meanwhile", async () => {
  const { give } = show();
  await userEvent.click(screen.getByTestId("thumb-up"));
  await userEvent.type(screen.getByTestId("feedback-comment"), "Kind");
  await waitFor(() => expect(give).toHaveBeenLastCalledWith({ helpful: true, comment: "Kind" }));
});

test("reaching the form counts as activity, so that the greeting does not end meanwhile", () => {
  const { typing } = show();
  screen.getByTestId("thumb-up").focus();
  expect(typing).toHaveBeenCalled();
});

test("feedback that was not saved says so, and does not ask to send it again", async () => {
  const { give } = show();
  give.mockRejectedValue(new Error("the room is closed"));
  await userEvent.click(screen.getByTestId("thumb-up"));
  await waitFor(() =>
    expect(screen.getByTestId("feedback-status").textContent).toBe("Your feedback was not saved."),
  );
});
