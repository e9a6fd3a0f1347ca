import { render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import { LANGUAGES, textsFor } from "../texts/index.js";
import { TextsContext } from "../texts/useTexts.js";
import { AvatarVideo } from "./AvatarVideo.js";
import { DisclosureContext } from "./useDisclosed.js";

afterEach(() => vi.unstubAllGlobals());

test.each(Object.keys(LANGUAGES))("the picture alone says that it is an AI, in %s", (locale) => {
  render(
    <TextsContext.Provider value={textsFor([locale])}>
      <AvatarVideo videoTrack={undefined} />
    </TextsContext.Provider>,
  );
  const label = screen.getByTestId("ai-label");
  expect(label.textContent).toMatch(/\b(AI|IA|KI)\b|\bKI-/);
  expect(label.closest(".tg-avatar")).not.toBeNull();
});

test("the label is reported once it is in view, and not before", () => {
  let see: (ratio: number) => void = () => undefined;
  const disconnect = vi.fn();
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      constructor(callback: (entries: { intersectionRatio: number }[]) => void) {
        see = (intersectionRatio) => callback([{ intersectionRatio }]);
      }
      observe() {}
      disconnect = disconnect;
    },
  );
  const shown = vi.fn();
  render(
    <DisclosureContext.Provider value={shown}>
      <AvatarVideo videoTrack={undefined} />
    </DisclosureContext.Provider>,
  );
  see(0.5);
  expect(shown).not.toHaveBeenCalled();
  see(1);
  expect(shown.mock.calls).toEqual([["ai"]]);
  expect(disconnect).toHaveBeenCalled();
});
