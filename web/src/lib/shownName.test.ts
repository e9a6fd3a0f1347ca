import { expect, it } from "vitest";

import { shownName } from "./shownName.js";

it.each([
  ["Ana", "Ana"],
  [" Md. Rahim  Uddin ", "Md. Rahim Uddin"],
  ["Jean\u2011Pierre", "Jean-Pierre"],
  ["A\u202eda", "A da"],
  ["O'Brien", "O'Brien"],
  ["王小明", "王小明"],
  ["नरेन्द्र", "नरेन्द्र"],
  ["Y", "Y"],
  ["Na", "Na"],
  ["Christopher Null", "Christopher Null"],
  ["Zsuzsanna Test", "Zsuzsanna Test"],
])("shows %j as %j", (given, shown) => {
  expect(shownName(given)).toBe(shown);
});

it.each([
  undefined,
  "",
  " ",
  "-",
  "7",
  "null",
  "Null",
  "undefined",
  "None",
  "NaN",
  "N/A",
  "NA",
  "unknown",
  "Anonymous User",
  "User 123",
  "user_42",
  "test",
  "ada@example.com",
  "[object Object]",
  "{{ name }}",
  "Ada & Ben",
  "O&#x27;Brien",
  "M?ller",
  "M\ufffdller",
  "MÃ¼ller",
  "M%C3%BCller",
])("shows no name for %j", (given) => {
  expect(shownName(given)).toBeUndefined();
});
