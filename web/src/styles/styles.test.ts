// @vitest-environment node
/** Rules that keep the styles from changing anything else on a host's page. */
import { expect, test } from "vitest";

import { bundleStyles } from "../../build-lib.js";

const bundle = bundleStyles();
const css = bundle.replaceAll(/\/\*[^]*?\*\//g, "");

test("the bundle is one file", () => {
  expect(css).not.toContain("@import");
  for (const part of [".tg-root", ".tg-continue", ".tg-captions"]) expect(css).toContain(part);
});

test("every selector contains a class that starts with tg-", () => {
  const keyframes = /@keyframes[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}/g;
  const rules = css.replaceAll(keyframes, "").matchAll(/([^{}]+)\{(?=[^{}]*\})/g);
  const selectors = [...rules].flatMap(([, list = ""]) => splitSelectors(list.trim()));
  expect(selectors.length).toBeGreaterThan(80);
  for (const selector of selectors) expect(selector).toMatch(/\.tg-/);
});

test("every animation name starts with tg-", () => {
  const names = [...css.matchAll(/@keyframes\s+(\S+)/g)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(3);
  for (const name of names) expect(name).toMatch(/^tg-/);
});

test("all files use the container queries that base.css explains", () => {
  const queries = new Set(
    [...css.matchAll(/@container ([^{]+) \{/g)].map(([, query = ""]) => query),
  );
  expect(queries.size).toBeGreaterThan(1);
  for (const query of queries) expect(bundle.split("*/")[0]).toContain(`  ${query}\n`);
  // The greeting may be a narrow column of a wide window.
  const media = new Set([...css.matchAll(/@media ([^{]+) \{/g)].map(([, query = ""]) => query));
  expect([...media].filter((query) => /width|height|orientation/.test(query))).toEqual([]);
});

/** Split a list of selectors at the commas outside parentheses. */
function splitSelectors(list: string): string[] {
  return list.split(/,(?![^(]*\))/).map((selector) => selector.trim());
}
