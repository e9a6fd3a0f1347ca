import { render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import { ErrorBoundary } from "../components/ErrorBoundary.js";
import { useLoaded } from "./useLoaded.js";

function show(load: () => Promise<string>) {
  const Loaded = () => <p>{useLoaded(load) ?? "loading"}</p>;
  render(
    <ErrorBoundary fallback={<p>failed</p>}>
      <Loaded />
    </ErrorBoundary>,
  );
}

test("what is loaded replaces what is shown until then", async () => {
  show(() => Promise.resolve("loaded"));
  expect(screen.getByText("loading")).toBeDefined();
  expect(await screen.findByText("loaded")).toBeDefined();
});

test("code that cannot be loaded counts as an error of the page, and can be loaded again", async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const load = vi.fn().mockRejectedValueOnce(new Error("offline")).mockResolvedValue("loaded");
  show(load);
  expect(await screen.findByText("failed")).toBeDefined();
  show(load);
  expect(await screen.findByText("loaded")).toBeDefined();
});
