import { act, renderHook } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";

import { useKept } from "./useKept.js";

beforeEach(() => sessionStorage.clear());

test("a text is there again after a reload, for its own name only", () => {
  const first = renderHook(() => useKept("sessionStorage", "name:a"));
  expect(first.result.current[0]).toBeUndefined();
  act(() => first.result.current[1]("Zoë"));
  expect(first.result.current[0]).toBe("Zoë");
  first.unmount();
  expect(renderHook(() => useKept("sessionStorage", "name:a")).result.current[0]).toBe("Zoë");
  expect(renderHook(() => useKept("sessionStorage", "name:b")).result.current[0]).toBeUndefined();
});

test("a browser that refuses storage keeps the text for this page", () => {
  vi.stubGlobal("sessionStorage", undefined);
  const { result } = renderHook(() => useKept("sessionStorage", "name:a"));
  act(() => result.current[1]("Zoë"));
  expect(result.current[0]).toBe("Zoë");
});

test("an empty text is not kept", () => {
  const { result } = renderHook(() => useKept("sessionStorage", "name:a"));
  act(() => result.current[1]("Zoë"));
  act(() => result.current[1](""));
  expect(result.current[0]).toBe("");
  expect(sessionStorage).toHaveLength(0);
});
