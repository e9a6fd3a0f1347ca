import { render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import type { Label } from "../livekit/labelReporter.js";
import { LANGUAGES, textsFor } from "../texts/index.js";
import { TextsContext } from "../texts/useTexts.js";
import { AvatarVideo } from "./AvatarVideo.js";
import { LabelReportContext } from "./useLabelInView.js";

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

test.each([
  [
    "to the page",
    (shown: (label: Label) => void) => (
      <LabelReportContext.Provider value={shown}>
        <AvatarVideo videoTrack={undefined} />
      </LabelReportContext.Provider>
    ),
  ],
  [
    "to a host's own page",
    (shown: (label: Label) => void) => <AvatarVideo videoTrack={undefined} labelShown={shown} />,
  ],
])("the label is reported %s once it is in view, and not before", (_, picture) => {
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
  render(picture(shown));
  see(0.5);
  expect(shown).not.toHaveBeenCalled();
  see(1);
  expect(shown.mock.calls).toEqual([["ai"]]);
  expect(disconnect).toHaveBeenCalled();
});
