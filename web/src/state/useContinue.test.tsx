/** Continue and the closing line, with an endpoint on a real socket. */
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { StrictMode, useState } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { ContinueButton } from "../components/ContinueButton.js";
import { createEndpointClient } from "../endpoint/endpointClient.js";
import { delay } from "../lib/timing.js";
import { endpointServer, SUCCESS } from "../test/endpointServer.js";
import { type Closing, continueHintOf, type GreetingState } from "./greetingState.js";
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
  agentRequests: 0,
  closing,
  locale: "en",
  fallback: { welcomeText: "Welcome!", continueUrl: VIDEO },
});

interface FooterProps {
  state: GreetingState;
  onContinue?: (() => unknown) | undefined;
  continueTarget?: string;
}

function Footer({ state, onContinue, continueTarget }: FooterProps) {
  const [endpoint] = useState(() => createEndpointClient({ endpointUrl: server.url }));
  const end = () => endpoint.end("continue");
  const { leaving, leave } = useContinue(endpoint, state, end, { continueTarget, onContinue });
  return (
    <>
      <input aria-label="chat" />
      <ContinueButton leaving={leaving} leave={leave} hint={continueHintOf(state)} />
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

test("highlight_continue is announced; it moves neither the focus nor the page", async () => {
  const { onContinue, become } = show();
  const announced = screen.getByRole("status");
  expect(announced.textContent).toBe("");
  await userEvent.click(screen.getByLabelText("chat"));
  become(greeting("highlight_continue"));
  expect(announced.textContent).toBe("That was your greeting. Continue whenever you're ready.");
  expect(button().parentElement?.dataset.continue).toBe("highlight_continue");
  expect(document.activeElement).toBe(screen.getByLabelText("chat"));
  await delay(1_800);
  expect(onContinue).not.toHaveBeenCalled();
  become(greeting(undefined));
  expect(line()).toBe("");
});

test("soon is announced, but does not suggest to leave", () => {
  const { become } = show();
  become(greeting("soon"));
  expect(line()).toBe("Your guide will say goodbye soon.");
  expect(button().parentElement?.dataset.continue).toBeUndefined();
});

test("continue is announced and leaves once, even if the greeting ends meanwhile", async () => {
  const { onContinue, become } = show();
  become(greeting("continue"));
  expect(line()).toBe("Your training video opens in a moment.");
  await delay(1_000);
  expect(onContinue).not.toHaveBeenCalled();
  become({ ...greeting("continue"), phase: "ended", reason: "completed", closing: "continue" });
  await waitFor(() => expect(onContinue).toHaveBeenCalledExactlyOnceWith(VIDEO));
  await delay(1_800);
  expect(onContinue).toHaveBeenCalledOnce();
});

test("a click before continue leaves at once, and only once", async () => {
  const { onContinue, become } = show();
  become(greeting("continue"));
  await userEvent.click(button());
  await waitFor(() => expect(onContinue).toHaveBeenCalledOnce(), { timeout: 800 });
  await delay(1_800);
  expect(onContinue).toHaveBeenCalledOnce();
});

test("continue is cancelled if the trainee goes on talking", async () => {
  const { onContinue, become } = show();
  become(greeting("continue"));
  await delay(500);
  become(greeting(undefined));
  await delay(1_800);
  expect(onContinue).not.toHaveBeenCalled();
  expect(line()).toBe("");
});

test.each([
  () => {
    throw new Error("the host's own");
  },
  () => Promise.reject(new Error("the host's own")),
])("Continue opens the video if the host's own code fails", async (onContinue) => {
  const open = vi.spyOn(window, "open").mockReturnValue(window);
  const reported = vi.fn();
  vi.stubGlobal("reportError", reported);
  render(<Footer state={greeting(undefined)} continueTarget="_top" onContinue={onContinue} />);
  await userEvent.click(button());
  await waitFor(() => expect(open).toHaveBeenCalledExactlyOnceWith(VIDEO, "_top"));
  expect(reported).toHaveBeenCalledExactlyOnceWith(new Error("the host's own"));
});

test("Continue opens in the given target, and can be clicked again if the browser refuses", async () => {
  const open = vi.spyOn(window, "open").mockReturnValueOnce(null).mockReturnValue(window);
  render(<Footer state={greeting(undefined)} continueTarget="_top" />);
  await userEvent.click(button());
  await waitFor(() => expect(open).toHaveBeenCalledTimes(1));
  await waitFor(() => expect(button().getAttribute("aria-busy")).toBe("false"));
  await userEvent.click(button());
  await waitFor(() => expect(open).toHaveBeenCalledTimes(2));
  expect(open).toHaveBeenLastCalledWith(VIDEO, "_top");
  expect(button().getAttribute("aria-busy")).toBe("true");
});
