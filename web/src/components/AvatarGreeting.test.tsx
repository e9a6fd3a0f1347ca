/** The page with an endpoint on a real socket. The tests with LiveKit are in tests/browser. */
import { RoomContext } from "@livekit/components-react";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Room } from "livekit-client";
import { StrictMode } from "react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import type { GreetingState } from "../state/greetingState.js";
import { type Answer, endpointServer, failure, SUCCESS, tokenFor } from "../test/endpointServer.js";
import { AvatarGreeting } from "./AvatarGreeting.js";
import { ErrorBoundary } from "./ErrorBoundary.js";

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

const show = (locale?: string) => {
  const onContinue = vi.fn();
  render(
    <StrictMode>
      <AvatarGreeting
        preJoin={false}
        endpointUrl={server.url}
        authorization="Bearer jwt"
        traineeName="Ana"
        locale={locale}
        continueUrl="https://platform.example/video"
        onContinue={onContinue}
      />
    </StrictMode>,
  );
  return onContinue;
};
const phase = (name: string) =>
  waitFor(() => expect(screen.getByTestId("avatar-greeting").dataset.state).toBe(name));
const root = () => screen.getByTestId("avatar-greeting");
const welcome = () => screen.getByTestId("welcome-message").textContent;

test("the first paint has the name, the steps and Continue", () => {
  answer = () => ({ status: 201, body: SUCCESS, delayMs: 500 });
  show();
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Welcome, Ana");
  expect(screen.getByTestId("status").textContent).toContain("Connecting…");
  expect(screen.getByTestId("progress").textContent).toContain("Getting your room ready…");
  expect(screen.getByRole("button", { name: "Continue to Training Video" })).toBeDefined();
});

test("the greeting joins the host's room only if it is the greeting's own", async () => {
  const rooms = { own: new Room(), ofAnotherCall: new Room() };
  const joined = Object.values(rooms).map((room) =>
    vi.spyOn(room, "connect").mockRejectedValue(new Error("no server")),
  );
  const { own, ofAnotherCall } = rooms;
  const left = vi.spyOn(ofAnotherCall, "disconnect");
  for (const room of [undefined, own]) {
    render(
      <RoomContext.Provider value={ofAnotherCall}>
        <AvatarGreeting preJoin={false} endpointUrl={server.url} room={room} />
      </RoomContext.Provider>,
    );
    await phase("failed");
    cleanup();
  }
  expect(joined.map((connect) => connect.mock.calls.length)).toEqual([1, 0]);
  expect(left).not.toHaveBeenCalled();
});

test("the heading shows the name as the agent says it", async () => {
  answer = () => ({ status: 201, body: { ...SUCCESS, participant_token: tokenFor("Zoë Ana") } });
  show();
  await waitFor(() =>
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Welcome, Zoë Ana"),
  );
});

test("the heading has no name if the agent has none: it refused the platform's", async () => {
  show();
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Welcome, Ana");
  await waitFor(() =>
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Welcome"),
  );
});

test("after a reload the page keeps the name that the trainee has chosen in this session", () => {
  sessionStorage.setItem(`training-greeter:name:${server.url}`, "Zoë");
  show();
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Welcome, Zoë");
  sessionStorage.clear();
});

test("after a reload the page keeps what the trainee has typed and not sent", async () => {
  sessionStorage.setItem(`training-greeter:draft:${server.url}`, "My half answer");
  answer = () => ({ status: 409, body: failure("session_ended", false) });
  show();
  await phase("ended");
  expect(screen.getByTestId("unsent").textContent).toContain("My half answer");
  sessionStorage.clear();
});

describe("without a greeting", () => {
  test("a refusal shows the endpoint's welcome and address, with one request in StrictMode", async () => {
    answer = () => ({ status: 401, body: failure("unauthorized", false) });
    const onContinue = show();
    await phase("failed");
    expect(welcome()).toContain("Welcome to Acme!");
    expect(screen.queryByTestId("try-again")).toBeNull();
    await userEvent.click(screen.getByTestId("continue"));
    await waitFor(() => expect(onContinue).toHaveBeenCalledWith("https://training.example/video"));
    expect(server.requests).toHaveLength(1);
    expect(console.error).toHaveBeenCalledWith(
      "Error starting avatar session",
      "unauthorized",
      401,
      "No.",
    );
  });

  test("a retryable error offers another attempt", async () => {
    answer = () => ({ status: 503, body: failure("livekit_unavailable", true) });
    show();
    await phase("failed");
    answer = () => ({ status: 409, body: failure("session_ended", false) });
    await userEvent.click(screen.getByTestId("try-again"));
    await phase("ended");
    expect(server.requests).toHaveLength(2);
  });

  test("an unreachable endpoint shows the page's own welcome and uses the host's address", async () => {
    await server.close();
    const onContinue = show();
    await phase("failed");
    expect(welcome()).toContain("We are glad you are here");
    await userEvent.click(screen.getByTestId("continue"));
    await waitFor(() => expect(onContinue).toHaveBeenCalledWith("https://platform.example/video"));
  });

  test("a session that has ended is not greeted again", async () => {
    answer = () => ({ status: 409, body: failure("session_ended", false) });
    show();
    await phase("ended");
    expect(welcome()).toContain("You have already had your greeting.");
    expect(screen.getByTestId("status").textContent).toContain("Finished");
    // Nothing is wrong, so the host's console has neither a warning nor an error.
    expect(console.info).toHaveBeenCalledWith("Avatar session has ended before", "No.");
    expect(console.warn).not.toHaveBeenCalled();
    expect(console.error).not.toHaveBeenCalled();
  });

  test("an address that is not http or https is not used", async () => {
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
  test("is the host's until the endpoint answers, then the endpoint's", async () => {
    const body = failure("livekit_unavailable", true);
    const fallback = { ...body.fallback, welcome_text: "¡Hola, Ana!", locale: "es" };
    answer = () => ({ status: 503, body: { ...body, fallback }, delayMs: 300 });
    show("fr-CA");
    expect(root().lang).toBe("fr");
    expect(screen.getByTestId("status").textContent).toContain("Connexion…");
    await phase("failed");
    await waitFor(() => expect(root().lang).toBe("es"));
    expect(screen.getByRole("button", { name: "Ir al video de formación" })).toBeDefined();
    expect(screen.getByText("¡Hola, Ana!").lang).toBe("es");
    expect(welcome()).toContain("Tu guía no puede unirse en este momento");

    // The next attempt begins in the learned language.
    answer = () => ({ status: 503, body, delayMs: 300 });
    await userEvent.click(screen.getByTestId("try-again"));
    await phase("requesting");
    expect(screen.getByTestId("status").textContent).toContain("Conectando…");
  });

  test("is the document's by default, and English if it is not available", () => {
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

test("Continue before the endpoint answers leaves soon, and once", async () => {
  answer = () => ({ status: 503, body: failure("livekit_unavailable", true), delayMs: 200 });
  const onContinue = show();
  await userEvent.dblClick(screen.getByTestId("continue"));
  await waitFor(() => expect(onContinue).toHaveBeenCalledOnce(), { timeout: 2_500 });
  expect(onContinue).toHaveBeenCalledWith("https://training.example/video");
  expect(screen.getByTestId("continue").textContent).toBe("Continuing…");
});

describe("the host's callbacks", () => {
  test("onStateChange gets every phase, onError the code and onEnded the reason, once each", async () => {
    answer = () => ({ status: 503, body: failure("livekit_unavailable", true) });
    const onStateChange = vi.fn<(state: GreetingState) => void>();
    const callbacks = { onError: vi.fn(), onEnded: vi.fn(), onStateChange };
    render(<AvatarGreeting preJoin={false} endpointUrl={server.url} {...callbacks} />);
    await waitFor(() => {
      const phases = onStateChange.mock.calls.map(([state]) => state.phase);
      expect(phases).toEqual(["requesting", "failed"]);
    });
    answer = () => ({ status: 409, body: failure("session_ended", false) });
    await userEvent.click(screen.getByTestId("try-again"));
    await phase("ended");
    await waitFor(() => expect(callbacks.onEnded).toHaveBeenCalled());
    expect(callbacks.onError.mock.calls).toEqual([
      [{ reason: "refused", code: "livekit_unavailable", retryable: true }],
    ]);
    expect(callbacks.onEnded.mock.calls).toEqual([[{ reason: "session_ended" }]]);
  });

  test("a callback that throws is reported and changes nothing", async () => {
    answer = () => ({ status: 409, body: failure("session_ended", false) });
    const reported = vi.fn();
    vi.stubGlobal("reportError", reported);
    const error = new Error("the host's own");
    const onEnded = () => {
      throw error;
    };
    render(<AvatarGreeting preJoin={false} endpointUrl={server.url} onEnded={onEnded} />);
    await phase("ended");
    await waitFor(() => expect(reported.mock.calls).toEqual([[error]]));
  });
});

test("every request uses the newest authorization and headers", async () => {
  answer = () => ({ status: 503, body: failure("livekit_unavailable", true), delayMs: 100 });
  const page = (authorization: string) => (
    <AvatarGreeting
      preJoin={false}
      endpointUrl={server.url}
      authorization={authorization}
      headers={{ "X-CSRFToken": authorization }}
      onContinue={() => undefined}
    />
  );
  const { rerender } = render(page("first"));
  await phase("requesting");
  rerender(page("second"));
  // The endpoint gives no room token, so the end needs the host's authorization, too.
  await userEvent.click(screen.getByTestId("continue"));
  await waitFor(() => expect(server.requests).toHaveLength(2));
  expect(server.requests.map(({ authorization }) => authorization)).toEqual([
    "Bearer first",
    "Bearer second",
  ]);
  expect(server.headers.map((headers) => headers["x-csrftoken"])).toEqual(["first", "second"]);
});

test("labels, guideName and poster replace the page's words and picture", () => {
  answer = () => ({ status: 503, body: failure("livekit_unavailable", true), delayMs: 300 });
  const labels = { nl: { heading: { withName: "Welkom, {name}!" } } };
  render(
    <AvatarGreeting
      preJoin={false}
      endpointUrl={server.url}
      traineeName="Ana"
      locale="nl-BE"
      labels={labels}
      guideName="Mia"
      poster="/mia.jpg"
    />,
  );
  expect(root().lang).toBe("nl");
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Welkom, Ana!");
  const picture = screen.getByRole("img", { name: "Mia" });
  expect(picture.getAttribute("src")).toBe("/mia.jpg");
  // A picture that cannot be loaded is replaced by the drawing.
  fireEvent.error(picture);
  expect(screen.getByRole("img", { name: "Mia" }).tagName).toBe("svg");
});

test("ErrorBoundary replaces a component that throws", () => {
  const Broken = (): never => {
    throw new Error("broken");
  };
  render(
    <ErrorBoundary fallback={<p>Continue</p>}>
      <Broken />
    </ErrorBoundary>,
  );
  expect(screen.getByText("Continue")).toBeDefined();
});
