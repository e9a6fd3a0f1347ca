/** The page against an endpoint on a real socket; LiveKit itself is met in the browser tests. */
import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { StrictMode } from "react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { AvatarGreeting } from "./AvatarGreeting.js";
import { ErrorBoundary } from "./ErrorBoundary.js";
import type { GreetingState } from "./greetingReducer.js";
import { type Answer, endpointServer, failure, SUCCESS } from "./test/endpointServer.js";

let server: Awaited<ReturnType<typeof endpointServer>>;
let answer: () => Answer;

beforeEach(async () => {
  answer = () => ({ status: 201, body: SUCCESS });
  server = await endpointServer(() => answer());
  for (const method of ["info", "warn", "error"] as const) {
    vi.spyOn(console, method).mockImplementation(() => undefined);
  }
});

afterEach(() => server.close());

const show = (
  onContinue = vi.fn(),
  onStateChange?: (state: GreetingState) => void,
  locale?: string,
) => {
  render(
    <StrictMode>
      <AvatarGreeting
        endpointUrl={server.url}
        authorization="Bearer jwt"
        traineeName="Ana"
        locale={locale}
        continueUrl="https://platform.example/video"
        onContinue={onContinue}
        onStateChange={onStateChange}
      />
    </StrictMode>,
  );
  return onContinue;
};
const phase = (name: string) =>
  waitFor(() => expect(screen.getByTestId("avatar-greeting").dataset.state).toBe(name), {
    timeout: 5_000,
  });
const root = () => screen.getByTestId("avatar-greeting");
const words = () => screen.getByTestId("welcome-message").textContent;

test("from the first paint: a name, the steps, and the way on", () => {
  answer = () => ({ status: 201, body: SUCCESS, delayMs: 500 });
  show();
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Welcome, Ana");
  expect(screen.getByTestId("status").textContent).toContain("Connecting…");
  expect(screen.getByTestId("progress").textContent).toContain("Getting your room ready…");
  expect(screen.getByRole("button", { name: "Continue to Training Video" })).toBeDefined();
});

describe("without a greeting", () => {
  test("an endpoint that refuses: its welcome, its way on, one request in StrictMode", async () => {
    answer = () => ({ status: 401, body: failure("unauthorized", false) });
    const onContinue = show();
    await phase("failed");
    expect(words()).toContain("Welcome to Acme!");
    expect(screen.queryByTestId("try-again")).toBeNull();
    await userEvent.click(screen.getByTestId("continue"));
    await waitFor(() => expect(onContinue).toHaveBeenCalledWith("https://training.example/video"));
    expect(server.asked).toHaveLength(1);
    expect(console.error).toHaveBeenCalledWith(
      "Error starting avatar session",
      "unauthorized",
      401,
    );
  });

  test("an endpoint in trouble can be tried again", async () => {
    answer = () => ({ status: 503, body: failure("livekit_unavailable", true) });
    show();
    await phase("failed");
    answer = () => ({ status: 409, body: failure("session_ended", false) });
    await userEvent.click(screen.getByTestId("try-again"));
    await phase("ended");
    expect(server.asked).toHaveLength(2);
  });

  test("an endpoint that is not there: our own welcome, and the caller's way on", async () => {
    await server.close();
    const onContinue = show();
    await phase("failed");
    expect(words()).toContain("We are glad you are here");
    await userEvent.click(screen.getByTestId("continue"));
    await waitFor(() => expect(onContinue).toHaveBeenCalledWith("https://platform.example/video"));
  });

  test("a greeting that was: no second one", async () => {
    answer = () => ({ status: 409, body: failure("session_ended", false) });
    show();
    await phase("ended");
    expect(words()).toContain("You have already had your greeting.");
    expect(screen.getByTestId("status").textContent).toContain("Finished");
  });

  test("a way on that is no web page is not taken", async () => {
    const body = failure("unauthorized", false);
    const fallback = { welcome_text: "Hi", continue_url: "javascript:alert(1)" };
    answer = () => ({ status: 401, body: { ...body, fallback } });
    const onContinue = show();
    await phase("failed");
    await userEvent.click(screen.getByTestId("continue"));
    await waitFor(() => expect(onContinue).toHaveBeenCalledWith("https://platform.example/video"));
  });
});

describe("the language", () => {
  test("is the caller's until the endpoint answers, and then the one it greets in", async () => {
    const body = failure("livekit_unavailable", true);
    const fallback = { ...body.fallback, welcome_text: "¡Hola, Ana!", locale: "es" };
    answer = () => ({ status: 503, body: { ...body, fallback }, delayMs: 300 });
    show(vi.fn(), undefined, "fr-CA");
    expect(root().lang).toBe("fr");
    expect(screen.getByTestId("status").textContent).toContain("Connexion…");
    await phase("failed");
    expect(root().lang).toBe("es");
    expect(screen.getByRole("button", { name: "Ir al vídeo de formación" })).toBeDefined();
    expect(screen.getByText("¡Hola, Ana!").lang).toBe("es");
    expect(words()).toContain("Tu guía no puede unirse en este momento");

    // What was learnt is kept: who tries again does so in Spanish.
    answer = () => ({ status: 503, body, delayMs: 300 });
    await userEvent.click(screen.getByTestId("try-again"));
    await phase("requesting");
    expect(screen.getByTestId("status").textContent).toContain("Conectando…");
  });

  test("is the document's where nobody says, and English where we have no such words", () => {
    document.documentElement.lang = "de-AT";
    show();
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Willkommen, Ana");
    cleanup();
    document.documentElement.lang = "";
    vi.spyOn(navigator, "languages", "get").mockReturnValue(["nl"]);
    show();
    expect(root().lang).toBe("en");
  });
});

test("who leaves at once goes on within moments, and only once", async () => {
  answer = () => ({ status: 503, body: failure("livekit_unavailable", true), delayMs: 200 });
  const onContinue = show();
  await userEvent.dblClick(screen.getByTestId("continue"));
  await waitFor(() => expect(onContinue).toHaveBeenCalledOnce(), { timeout: 2_500 });
  expect(onContinue).toHaveBeenCalledWith("https://training.example/video");
});

test("the caller is told where we are", async () => {
  answer = () => ({ status: 401, body: failure("unauthorized", false) });
  const phases: string[] = [];
  show(vi.fn(), (state) => phases.push(state.phase));
  await phase("failed");
  await waitFor(() => expect([...new Set(phases)]).toEqual(["requesting", "failed"]));
});

test("what breaks while rendering is replaced, not blanked", () => {
  const Broken = (): never => {
    throw new Error("broken");
  };
  render(
    <ErrorBoundary fallback={<p>the way on</p>}>
      <Broken />
    </ErrorBoundary>,
  );
  expect(screen.getByText("the way on")).toBeDefined();
});
