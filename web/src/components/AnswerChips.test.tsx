import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import type { OpenQuestion, Questions } from "../livekit/questions.js";
import type { Turn } from "../livekit/turn.js";
import { LANGUAGES, textsFor } from "../texts/index.js";
import { TextsContext } from "../texts/useTexts.js";
import { AnswerChips } from "./AnswerChips.js";
import { Frame } from "./Frame.js";

const MOOD: OpenQuestion = {
  id: "mood",
  type: "choice",
  number: 2,
  ask: "How do you feel?",
  choices: { calm: "calm", nervous: "a little nervous" },
};
const QUESTIONS: Questions = { total: 3, answered: 1, skipped: 0, open: MOOD };

function show(changed: Partial<Questions> = {}, turn: Turn = "trainee", locale = "en") {
  const send = vi.fn().mockResolvedValue(undefined);
  render(
    <TextsContext.Provider value={textsFor([locale])}>
      <AnswerChips questions={{ ...QUESTIONS, ...changed }} turn={turn} send={send} />
    </TextsContext.Provider>,
  );
  return send;
}
const labels = () => screen.getAllByRole("button").map((button) => button.textContent);

test("a choice sends its words and its id", async () => {
  const send = show();
  expect(screen.getByRole("group", { name: "How do you feel?" })).toBeDefined();
  expect(screen.getByTestId("question-progress").textContent).toBe("Question 2 of 3");
  // Scripts write choices as they are within a sentence.
  await userEvent.click(screen.getByRole("button", { name: "A little nervous" }));
  expect(send).toHaveBeenCalledExactlyOnceWith("A little nervous", {
    action: "answer",
    question: "mood",
    value: "nervous",
  });
});

test("the focus stays near a tapped button that is gone on the guide's turn", async () => {
  const send = vi.fn().mockResolvedValue(undefined);
  const chips = (turn: Turn) => (
    <Frame>
      <AnswerChips questions={QUESTIONS} turn={turn} send={send} />
    </Frame>
  );
  const { rerender } = render(chips("trainee"));
  await userEvent.click(screen.getByRole("button", { name: "Calm" }));
  rerender(chips("guide"));
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("chips")));
});

test("yes and no, and skipping", async () => {
  const open = { ...MOOD, type: "yes_no", choices: {} };
  const send = show({ open }, "trainee", "de");
  expect(labels()).toEqual(["Ja", "Nein", "Überspringen", "Noch einmal", "Langsamer"]);
  await userEvent.click(screen.getByRole("button", { name: "Nein" }));
  await userEvent.click(screen.getByTestId("chip-skip"));
  expect(send.mock.calls).toEqual([
    ["Nein", { action: "answer", question: "mood", value: "no" }],
    ["Überspringen", { action: "skip", question: "mood" }],
  ]);
});

test("the dots mark the current question", () => {
  show({ answered: 1, skipped: 0 });
  const steps = () =>
    [...screen.getByTestId("question-progress").querySelectorAll("i")].map(
      (dot) => dot.dataset.step,
    );
  expect(steps()).toEqual(["done", "now", "next"]);
  cleanup();
  show({ open: undefined, answered: 2, skipped: 1 });
  expect(steps()).toEqual(["done", "done", "done"]);
});

test("while the guide speaks, only repeat and slower are offered", async () => {
  const send = show({}, "guide");
  expect(labels()).toEqual(["Say it again", "More slowly"]);
  expect(screen.queryByTestId("question")).toBeNull();
  expect(screen.getByRole("group", { name: "Quick answers" })).toBeDefined();
  await userEvent.click(screen.getByTestId("chip-slower"));
  expect(send).toHaveBeenCalledWith("More slowly", { action: "slower" });
});

test.each([
  [{ open: undefined }, "chip-next", "Question 2 of 3"],
  [{ open: undefined, answered: 2, skipped: 1 }, "chip-finish", "All questions done"],
])("without an open question there is a way on", (changed, chip, progress) => {
  show(changed);
  expect(screen.getByTestId(chip)).toBeDefined();
  expect(screen.getByTestId("question-progress").textContent).toBe(progress);
});

test("a message that could not be sent says so", async () => {
  const send = show();
  send.mockRejectedValueOnce(new Error("offline"));
  await userEvent.click(screen.getByTestId("chip-repeat"));
  expect(screen.getByRole("status").textContent).toContain("didn't go through");
});

test("the words of the buttons differ from each other in every language", () => {
  for (const { chips } of Object.values(LANGUAGES)) {
    expect(new Set(Object.values(chips)).size).toBe(Object.values(chips).length);
  }
  cleanup();
});
