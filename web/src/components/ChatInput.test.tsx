import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import { ChatInput } from "./ChatInput.js";

const field = () => screen.getByLabelText<HTMLInputElement>("Type to your guide");

const typing = vi.fn();

test("Enter sends the trimmed message and empties the field", async () => {
  const send = vi.fn(() => Promise.resolve());
  render(<ChatInput typing={typing} enabled canSend send={send} placeholder="placeholder" />);
  await userEvent.type(field(), "  Hello {Enter}");
  expect(send).toHaveBeenCalledExactlyOnceWith("Hello");
  expect(field().value).toBe("");
  await userEvent.type(field(), "   {Enter}");
  expect(send).toHaveBeenCalledOnce();
});

test("a message that could not be sent stays in the field, with a note", async () => {
  const send = vi.fn(() => Promise.reject(new Error("not connected")));
  render(<ChatInput typing={typing} enabled canSend send={send} placeholder="placeholder" />);
  await userEvent.type(field(), "Hello{Enter}");
  expect(screen.getByRole("status").textContent).toContain("didn't go through");
  expect(field().value).toBe("Hello");
});

test("the placeholder explains the field", () => {
  const send = () => Promise.resolve();
  const { rerender } = render(
    <ChatInput
      typing={typing}
      enabled={false}
      canSend={false}
      send={send}
      placeholder="placeholder"
    />,
  );
  expect(field().disabled).toBe(true);
  expect(field().placeholder).toBe("You can type in a moment");
  rerender(<ChatInput typing={typing} enabled canSend send={send} placeholder="placeholder" />);
  expect(field().placeholder).toBe("Or type here…");
  rerender(<ChatInput typing={typing} enabled canSend send={send} placeholder="textMode" />);
  expect(field().placeholder).toBe("Write your answer here…");
});
