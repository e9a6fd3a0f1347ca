import { expect, test } from "vitest";

import {
  type Caption,
  type CaptionUpdate,
  type EarlierLine,
  isBrokenOff,
  mergeCaption,
} from "./captions.js";

const merge = (...updates: Partial<CaptionUpdate>[]) =>
  updates.reduce<readonly Caption[]>(
    (captions, update) =>
      mergeCaption(captions, {
        id: "a",
        from: "trainee",
        lang: undefined,
        stream: 1,
        delta: "",
        final: false,
        ...update,
      }),
    [],
  );
const texts = (captions: readonly Caption[]) => captions.map(({ text }) => text);

test("an agent's line grows while it is spoken", () => {
  const line = merge(
    { from: "agent", delta: "Hello " },
    { from: "agent", delta: "Ana" },
    { from: "agent", final: true },
  );
  expect(line).toEqual([
    { id: "a", from: "agent", lang: undefined, stream: 1, text: "Hello Ana", final: true },
  ]);
});

test("each interim result of the trainee's speech replaces the last one", () => {
  const interim = merge(
    { delta: "I" },
    { stream: 2, delta: "I scream" },
    { stream: 2, final: false },
    { stream: 3, delta: "Ice cream" },
    { stream: 3, final: true },
  );
  expect(texts(interim)).toEqual(["Ice cream"]);
  expect(interim[0]?.final).toBe(true);
});

test("a late interim result does not replace a newer or a final one", () => {
  expect(texts(merge({ stream: 2, delta: "new" }, { stream: 1, delta: "old" }))).toEqual(["new"]);
  expect(texts(merge({ delta: "done", final: true }, { stream: 2, delta: "interim" }))).toEqual([
    "done",
  ]);
});

test("an empty stream neither erases a line nor adds one", () => {
  expect(texts(merge({ delta: "here" }, { stream: 2, delta: "" }))).toEqual(["here"]);
  expect(merge({ delta: "" })).toEqual([]);
});

test("lines stay in the order in which they began", () => {
  expect(
    texts(merge({ delta: "one" }, { id: "b", delta: "two" }, { stream: 2, delta: "ONE" })),
  ).toEqual(["ONE", "two"]);
});

test("only the last 200 lines are kept", () => {
  const many = merge(...Array.from({ length: 250 }, (_, n) => ({ id: `${n}`, delta: `${n}` })));
  expect(many).toHaveLength(200);
  expect(many.at(-1)?.text).toBe("249");
});

test("a line keeps the language in which it began", () => {
  const [opening] = merge(
    { from: "agent", delta: "Hello " },
    { from: "agent", lang: "en", delta: "Ana." },
    { from: "agent", lang: "es", final: true },
  );
  expect(opening?.lang).toBe("en");
});

test.each([
  ["Have you done this before?", false],
  ["¿Lo ha hecho antes?", false],
  ["您以前做过吗？", false],
  ["It is short: \u201ctwo minutes\u201d", false],
  ["The video shows what is", true],
])("the agent's line %j was interrupted: %j", (text, broken) => {
  const [line] = merge({ from: "agent", delta: text }, { from: "agent", final: true });
  expect(line && isBrokenOff(line)).toBe(broken);
  const [growing] = merge({ from: "agent", delta: text });
  expect(growing && isBrokenOff(growing)).toBe(false);
});

test("earlier lines come before the captions, without those that are there already", () => {
  const live = merge({ id: "b", from: "agent", delta: "And you?" });
  const line = (from: Caption["from"], text: string): EarlierLine => ({ from, text, lang: "en" });
  const earlier = [line("agent", "Hello."), line("trainee", "Hi."), line("agent", "And you?")];
  const captions = mergeCaption(live, { earlier });
  expect(texts(captions)).toEqual(["Hello.", "Hi.", "And you?"]);
  expect(captions.map(({ id }) => id)).toEqual(["earlier-0", "earlier-1", "b"]);
  expect(texts(mergeCaption([], { earlier: [] }))).toEqual([]);
});

test("the line that the agent is saying, or says again, is shown once", () => {
  const earlier = [{ from: "agent" as const, text: "Hello. And you?", lang: "en" }];
  const growing = merge({ id: "b", from: "agent", delta: "Hello. A" });
  expect(texts(mergeCaption(growing, { earlier }))).toEqual(["Hello. A"]);

  const update = { id: "c", from: "agent" as const, lang: "en", stream: 2, final: false };
  const shown = mergeCaption([], { earlier });
  const again = mergeCaption(shown, { ...update, delta: "Hello." });
  expect(texts(again)).toEqual(["Hello."]);
  const next = mergeCaption(shown, { ...update, delta: "Thank you." });
  expect(texts(next)).toEqual(["Hello. And you?", "Thank you."]);
});
