import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { type ReactNode, useState } from "react";
import { expect, test } from "vitest";

import { Frame } from "../components/Frame.js";

/** A component with a state of its own, so nothing around it renders. */
function Once({ instead }: { instead: ReactNode }) {
  const [pressed, setPressed] = useState(false);
  return pressed ? instead : <button onClick={() => setPressed(true)}>Once</button>;
}

function page(instead: ReactNode) {
  render(
    <>
      <Frame>
        <section data-testid="stage" tabIndex={-1} data-focus-fallback="" />
        <Once instead={instead} />
        <div data-testid="group" tabIndex={-1} data-focus-fallback="">
          <Once instead={instead} />
        </div>
      </Frame>
      <input data-testid="host" />
    </>,
  );
  return screen.getAllByText("Once");
}
const hasFocus = (id: string) =>
  waitFor(() => expect(document.activeElement).toBe(screen.getByTestId(id)));

test.each([
  ["removed", null],
  ["disabled", <button disabled>Once</button>],
])("a %s button leaves the focus to the fallback around it, or to the first", async (_, instead) => {
  const [alone, grouped] = page(instead);
  grouped?.focus();
  await userEvent.keyboard("{Enter}");
  await hasFocus("group");
  alone?.focus();
  await userEvent.keyboard("{Enter}");
  await hasFocus("stage");
});

test("a button that was clicked without being focused, as in Safari, counts as used", async () => {
  const [alone] = page(null);
  alone?.click();
  await hasFocus("stage");
});

test("the focus is not taken from the host's page", async () => {
  const [alone] = page(null);
  alone?.focus();
  screen.getByTestId("host").focus();
  alone?.click();
  await waitFor(() => expect(alone?.isConnected).toBe(false));
  await new Promise(requestAnimationFrame);
  await hasFocus("host");
});
