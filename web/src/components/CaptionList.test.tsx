import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test } from "vitest";

import type { Caption } from "../livekit/captions.js";
import { CaptionList } from "./CaptionList.js";

const caption = (id: string, from: Caption["from"], text: string): Caption => ({
  id,
  from,
  text,
  lang: "en",
  final: true,
  stream: 1,
});
const QUESTION = caption("1", "agent", "Have you done this before?");
const ANSWER = caption("2", "trainee", "No.");

test("the list shows the hint until the first line", () => {
  const { rerender } = render(<CaptionList captions={[]} hint="Nothing yet" />);
  expect(screen.getByRole("region").textContent).toBe("Nothing yet");
  rerender(<CaptionList captions={[QUESTION, ANSWER]} hint="Nothing yet" />);
  const lines = screen.getAllByRole("listitem");
  expect(lines.map((line) => line.textContent)).toEqual([
    "Your guideHave you done this before?",
    "YouNo.",
  ]);
  // The browser tests select lines by these values.
  expect(lines.map((line) => line.dataset["from"])).toEqual(["guide", "trainee"]);
});

test("the list follows new lines unless the trainee has scrolled up", () => {
  const { rerender } = render(<CaptionList captions={[QUESTION]} hint="" />);
  const list = screen.getByRole("region");
  Object.defineProperties(list, {
    scrollHeight: { value: 1_000 },
    clientHeight: { value: 200 },
  });
  rerender(<CaptionList captions={[QUESTION, ANSWER]} hint="" />);
  expect(list.scrollTop).toBe(800);

  list.scrollTop = 100;
  fireEvent.scroll(list);
  rerender(<CaptionList captions={[QUESTION, ANSWER, caption("3", "agent", "Fine.")]} hint="" />);
  expect(list.scrollTop).toBe(100);
});

test("the list follows what is added before its own scroll event comes", () => {
  let scrollHeight = 1_000;
  const { rerender } = render(<CaptionList captions={[QUESTION]} hint="" />);
  const list = screen.getByRole("region");
  Object.defineProperties(list, {
    scrollHeight: { get: () => scrollHeight },
    clientHeight: { value: 200 },
  });
  rerender(<CaptionList captions={[QUESTION, ANSWER]} hint="" />);
  scrollHeight = 1_300;
  fireEvent.scroll(list);
  rerender(<CaptionList captions={[QUESTION, ANSWER, caption("3", "agent", "Fine.")]} hint="" />);
  expect(list.scrollTop).toBe(1_100);
});

test("a line that was interrupted says so", () => {
  const line = { ...QUESTION, text: "Have you done" };
  render(<CaptionList captions={[line, ANSWER]} hint="" />);
  const [first, second] = screen.getAllByRole("listitem");
  expect(first?.textContent).toContain("(interrupted)");
  expect(second?.textContent).not.toContain("(interrupted)");
});
