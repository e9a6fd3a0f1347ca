/** Continue and the guide's closing line, with an endpoint on a real socket behind them. */
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { StrictMode, useState } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { ContinueButton } from "./ContinueButton.js";
import { createGreetingEndpoint } from "./endpoint.js";
import { type Closing, type GreetingState, standsOut } from "./greetingReducer.js";
import { after } from "./leave.js";
import { endpointServer, SUCCESS } from "./test/endpointServer.js";
import { useContinue } from "./useContinue.js";

const VIDEO = "https://training.example/video";
let server: Awaited<ReturnType<typeof endpointServer>>;

beforeEach(async () => {
  server = await endpointServer(() => ({ status: 201, body: SUCCESS }));
});
afterEach(() => server.close());

const greeting = (closing: Closing | undefined): GreetingState => ({
  phase: "greeting",
  mode: "avatar",
  modeReason: undefined,
  asks: 0,
  closing,
  locale: "en",
  fallback: { welcomeText: "Welcome!", continueUrl: VIDEO },
});

function Footer({ state, onContinue }: { state: GreetingState; onContinue: () => void }) {
  const [endpoint] = useState(() => createGreetingEndpoint({ endpointUrl: server.url }));
  const { leaving, leave } = useContinue({
    endpoint,
    state,
    end: () => endpoint.end("continue"),
    continueUrl: undefined,
    onContinue,
  });
  return (
    <>
      <input aria-label="chat" />
      <ContinueButton leaving={leaving} leave={leave} standsOut={standsOut(state)} />
    </>
  );
}

function show() {
  const onContinue = vi.fn();
  const page = (state: GreetingState) => (
    <StrictMode>
      <Footer state={state} onContinue={onContinue} />
    </StrictMode>
  );
  const { rerender } = render(page(greeting(undefined)));
  return { onContinue, become: (state: GreetingState) => rerender(page(state)) };
}
const button = () => screen.getByTestId("continue");
const line = () => screen.getByRole("status").textContent;

test("highlight_continue: announced, the focus stays where it was, and nobody is sent on", async () => {
  const { onContinue, become } = show();
  const announced = screen.getByRole("status");
  expect(announced.textContent).toBe("");
  await userEvent.click(screen.getByLabelText("chat"));
  become(greeting("highlight_continue"));
  expect(announced.textContent).toBe("That was your greeting. Go on whenever you like.");
  expect(button().parentElement?.dataset.continue).toBe("highlight_continue");
  expect(document.activeElement).toBe(screen.getByLabelText("chat"));
  await after(1_800);
  expect(onContinue).not.toHaveBeenCalled();
  become(greeting(undefined));
  expect(line()).toBe("");
});

test("the end of the time is announced before it comes", () => {
  const { become } = show();
  become(greeting("soon"));
  expect(line()).toBe("Your guide will say goodbye soon.");
  expect(button().parentElement?.dataset.continue).toBe("soon");
});

test("continue: announced, then goes on by itself, once, also when the greeting has ended", async () => {
  const { onContinue, become } = show();
  become(greeting("continue"));
  expect(line()).toBe("Your training video opens in a moment.");
  await after(1_000);
  expect(onContinue).not.toHaveBeenCalled();
  become({ ...greeting("continue"), phase: "ended", reason: "completed", closing: "continue" });
  await waitFor(() => expect(onContinue).toHaveBeenCalledExactlyOnceWith(VIDEO));
  await after(1_800);
  expect(onContinue).toHaveBeenCalledOnce();
});

test("continue, pressed meanwhile: goes at once, and not a second time", async () => {
  const { onContinue, become } = show();
  become(greeting("continue"));
  await userEvent.click(button());
  await waitFor(() => expect(onContinue).toHaveBeenCalledOnce(), { timeout: 800 });
  await after(1_800);
  expect(onContinue).toHaveBeenCalledOnce();
});

test("continue, taken back because the trainee talks on: nobody is sent on", async () => {
  const { onContinue, become } = show();
  become(greeting("continue"));
  await after(500);
  become(greeting(undefined));
  await after(1_800);
  expect(onContinue).not.toHaveBeenCalled();
  expect(line()).toBe("");
});
