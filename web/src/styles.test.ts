// @vitest-environment node
/** The styles as a host app gets them: nothing of its own may look different for them. */
import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

const css = readFileSync(new URL("styles.css", import.meta.url), "utf8").replaceAll(
  /\/\*[^]*?\*\//g,
  "",
);

test("every selector names a class of ours", () => {
  const keyframes = /@keyframes[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}/g;
  const rules = css.replaceAll(keyframes, "").matchAll(/([^{}]+)\{(?=[^{}]*\})/g);
  const selectors = [...rules].flatMap(([, list = ""]) => topLevel(list.trim()));
  expect(selectors.length).toBeGreaterThan(80);
  for (const selector of selectors) expect(selector).toMatch(/\.tg-/);
});

test("animations cannot be mistaken for the host's", () => {
  const names = [...css.matchAll(/@keyframes\s+(\S+)/g)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(3);
  for (const name of names) expect(name).toMatch(/^tg-/);
});

/** A list of selectors, at the commas that are not inside brackets. */
function topLevel(list: string): string[] {
  return list.split(/,(?![^(]*\))/).map((selector) => selector.trim());
}
