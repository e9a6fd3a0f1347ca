import { expect, test } from "vitest";

import { type Caption, type CaptionUpdate, mergeCaption } from "./mergeCaption.js";

const merge = (...updates: Partial<CaptionUpdate>[]) =>
  updates.reduce<readonly Caption[]>(
    (captions, update) =>
      mergeCaption(captions, {
        id: "a",
        from: "trainee",
        stream: 1,
        delta: "",
        final: false,
        ...update,
      }),
    [],
  );
const texts = (captions: readonly Caption[]) => captions.map(({ text }) => text);

test("the guide's line grows as it is spoken", () => {
  const line = merge(
    { from: "guide", delta: "Hello " },
    { from: "guide", delta: "Ana" },
    { from: "guide", final: true },
  );
  expect(line).toEqual([{ id: "a", from: "guide", stream: 1, text: "Hello Ana", final: true }]);
});

test("each guess at the trainee's words replaces the one before", () => {
  const guesses = merge(
    { delta: "I" },
    { stream: 2, delta: "I scream" },
    { stream: 2, final: false },
    { stream: 3, delta: "Ice cream" },
    { stream: 3, final: true },
  );
  expect(texts(guesses)).toEqual(["Ice cream"]);
  expect(guesses[0]?.final).toBe(true);
});

test("a late guess does not undo a newer one, nor a final one", () => {
  expect(texts(merge({ stream: 2, delta: "new" }, { stream: 1, delta: "old" }))).toEqual(["new"]);
  expect(texts(merge({ delta: "done", final: true }, { stream: 2, delta: "guess" }))).toEqual([
    "done",
  ]);
});

test("a stream that has said nothing yet wipes nothing out, and makes no empty line", () => {
  expect(texts(merge({ delta: "here" }, { stream: 2, delta: "" }))).toEqual(["here"]);
  expect(merge({ delta: "" })).toEqual([]);
});

test("lines stay in the order they began", () => {
  expect(
    texts(merge({ delta: "one" }, { id: "b", delta: "two" }, { stream: 2, delta: "ONE" })),
  ).toEqual(["ONE", "two"]);
});

test("a long conversation does not grow without end", () => {
  const many = merge(...Array.from({ length: 250 }, (_, n) => ({ id: `${n}`, delta: `${n}` })));
  expect(many).toHaveLength(200);
  expect(many.at(-1)?.text).toBe("249");
});
