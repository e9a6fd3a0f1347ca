import { expect, test } from "vitest";

import { doneOf, hasAnswers, questionsFrom } from "./questions.js";

const OPEN = { id: "mood", type: "choice", number: 2, ask: "How?", choices: { calm: "calm" } };

test("the attribute of the agent is read", () => {
  const json = JSON.stringify({ total: 3, answered: 1, skipped: 1, open: OPEN });
  const questions = questionsFrom(json);
  expect(questions).toEqual({ total: 3, answered: 1, skipped: 1, open: OPEN });
  expect(questions && doneOf(questions)).toBe(2);
  expect(questionsFrom('{"total":1,"answered":0,"skipped":0,"open":null}')?.open).toBeUndefined();
});

test.each([undefined, "", "no json", "{}", "null", "[]", '{"total":"3"}'])(
  "%s says nothing about questions",
  (attribute) => expect(questionsFrom(attribute)).toBeUndefined(),
);

test.each([
  [undefined, true],
  [OPEN, true],
  [{ ...OPEN, type: "yes_no", choices: {} }, true],
  [{ ...OPEN, type: "text", choices: {} }, false],
])("%o has buttons for answers: %s", (open, expected) => {
  expect(hasAnswers({ total: 3, answered: 1, skipped: 0, open })).toBe(expected);
});
