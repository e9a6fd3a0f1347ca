import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";

// A busy machine is slow.
configure({ asyncUtilTimeout: 10_000 });

// All test files share one page.
afterEach(() => {
  vi.unstubAllGlobals();
  cleanup();
});
