/** The screen before the greeting, with an endpoint on a real socket. */
import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { StrictMode } from "react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import type { GreetingState } from "../state/greetingState.js";
import { type Answer, endpointServer, failure, SUCCESS } from "../test/endpointServer.js";
import { AvatarGreeting, type AvatarGreetingProps } from "./AvatarGreeting.js";

const INTRODUCED = {
  ...SUCCESS,
  introduction: { guide: "Maya", poster_url: "https://p.example/m.jpg", minutes: 2, questions: 3 },
};
let server: Awaited<ReturnType<typeof endpointServer>>;
let answer: () => Answer;

beforeEach(async () => {
  answer = () => ({ status: 201, body: INTRODUCED });
  server = await endpointServer(() => answer());
  vi.spyOn(navigator.permissions, "query").mockResolvedValue({
    state: "prompt",
  } as PermissionStatus);
  for (const method of ["info", "warn", "error"] as const) {
    vi.spyOn(console, method).mockImplementation(() => undefined);
  }
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  localStorage.clear();
  return server.close();
});

function show(props: Partial<AvatarGreetingProps> = {}) {
  const phases: GreetingState["phase"][] = [];
  render(
    <StrictMode>
      <AvatarGreeting
        endpointUrl={server.url}
        traineeName="Ana"
        onStateChange={({ phase }) => phases.push(phase)}
        {...props}
      />
    </StrictMode>,
  );
  return phases;
}
const root = () => screen.getByTestId("avatar-greeting").dataset;
const isShown = async () => {
  await waitFor(() => expect(screen.getByTestId("pre-join").textContent).toContain("Maya"));
};

test("it says what will happen while the greeting is requested", async () => {
  const phases = show();
  await isShown();
  expect(root().state).toBe("pre_join");
  expect(screen.getByTestId("plan").textContent).toContain(
    "About 2 minutes, up to 3 short questions. You can skip any question.",
  );
  expect(screen.getByTestId("ai-avatar").textContent).toContain("AI avatar");
  expect(document.querySelector("img")?.getAttribute("src")).toBe("https://p.example/m.jpg");
  expect(server.requests).toHaveLength(1);
  expect(new Set(phases)).toEqual(new Set(["pre_join"]));
});

test("it follows the language of the greeting, and counts in it", async () => {
  const body = {
    ...INTRODUCED,
    fallback: { ...SUCCESS.fallback, locale: "de" },
    introduction: { ...INTRODUCED.introduction, minutes: 1, questions: 1 },
  };
  answer = () => ({ status: 201, body });
  show();
  await isShown();
  await waitFor(() =>
    expect(screen.getByTestId("plan").textContent).toContain("Etwa 1 Minute, 1 kurze Frage."),
  );
});

test("Start joins with the same token", async () => {
  show();
  await isShown();
  await userEvent.click(screen.getByTestId("start"));
  // The room of the fake endpoint refuses the connection.
  await waitFor(() => expect(root().reason).toBe("connect_failed"));
  expect(screen.queryByTestId("pre-join")).toBeNull();
  expect(server.requests).toHaveLength(1);
});

test("Start after a long time requests the greeting again, because the agent may have left", async () => {
  show();
  await isShown();
  const now = performance.now();
  vi.spyOn(performance, "now").mockReturnValue(now + 11_000);
  await userEvent.click(screen.getByTestId("start-without-microphone"));
  await waitFor(() => expect(server.requests).toHaveLength(2));
});

test("without sound, the page does not wait for sound to be unlocked", async () => {
  show();
  await isShown();
  await userEvent.click(screen.getByTestId("start-without-sound"));
  expect(root().sound).toBe("off");
});

test("a microphone that is refused is explained, and Start goes on without it", async () => {
  const refused = new DOMException("no", "NotAllowedError");
  const mediaDevices = { getUserMedia: () => Promise.reject(refused) };
  vi.stubGlobal("navigator", Object.assign(Object.create(navigator), { mediaDevices }));
  show();
  await isShown();
  await userEvent.click(screen.getByTestId("try-microphone"));
  await waitFor(() => expect(screen.getByTestId("mic-check").dataset.status).toBe("denied"));
  expect(screen.getByTestId("mic-check").textContent).toContain("type");
  expect(screen.getByTestId("start").textContent).toBe("Start without microphone");
});

test("the microphone is not used before the trainee asks for it, nor without a greeting", async () => {
  const getUserMedia = vi.fn().mockRejectedValue(new DOMException("no", "NotAllowedError"));
  const mediaDevices = { getUserMedia };
  vi.stubGlobal("navigator", Object.assign(Object.create(navigator), { mediaDevices }));
  answer = () => ({ status: 503, body: failure("livekit_unavailable", true) });
  show();
  await waitFor(() => expect(root().reason).toBe("refused"));
  cleanup();
  answer = () => ({ status: 201, body: INTRODUCED });
  show();
  await isShown();
  await userEvent.click(screen.getByTestId("start"));
  await waitFor(() => expect(root().reason).toBe("connect_failed"));
  expect(getUserMedia).not.toHaveBeenCalled();
});

test("Continue ends the greeting that was requested", async () => {
  const onContinue = vi.fn();
  show({ onContinue });
  await isShown();
  await userEvent.click(screen.getByTestId("continue"));
  await waitFor(() => expect(onContinue).toHaveBeenCalledWith(SUCCESS.fallback.continue_url));
  expect(server.requests.at(-1)?.path).toContain("/end/");
});

test("without a greeting there is nothing to prepare for", async () => {
  answer = () => ({ status: 503, body: failure("livekit_unavailable", true) });
  show();
  await waitFor(() => expect(root().state).toBe("failed"));
  expect(screen.queryByTestId("pre-join")).toBeNull();
});

describe("after Start", () => {
  const startWithoutSound = async (props: Partial<AvatarGreetingProps> = {}) => {
    show(props);
    await isShown();
    await userEvent.click(screen.getByTestId("start-without-sound"));
    await waitFor(() => expect(root().reason).toBe("connect_failed"));
  };
  const reload = (props: Partial<AvatarGreetingProps> = {}) => {
    cleanup();
    return show(props);
  };

  test("a reload joins at once, in the same way", async () => {
    await startWithoutSound();
    const phases = reload();
    await waitFor(() => expect(root().reason).toBe("connect_failed"));
    expect(phases).not.toContain("pre_join");
    expect(root().sound).toBe("off");
  });

  test("a tab of its own joins at once, too, so that the agent does not leave", async () => {
    await startWithoutSound();
    sessionStorage.clear();
    const phases = reload();
    await waitFor(() => expect(root().reason).toBe("connect_failed"));
    expect(phases).not.toContain("pre_join");
  });

  test("another attempt joins at once where the browser keeps nothing", async () => {
    vi.stubGlobal("localStorage", undefined);
    await startWithoutSound();
    await userEvent.click(screen.getByTestId("try-again"));
    expect(screen.queryByTestId("pre-join")).toBeNull();
    await waitFor(() => expect(root().reason).toBe("connect_failed"));
  });

  test("a browser that kept no choice joins at once if the trainee was there before", async () => {
    vi.stubGlobal("localStorage", undefined);
    vi.stubGlobal("sessionStorage", undefined);
    answer = () => ({ status: 200, body: { ...INTRODUCED, rejoins: true } });
    show();
    await waitFor(() => expect(root().reason).toBe("connect_failed"));
    expect(screen.queryByTestId("pre-join")).toBeNull();
  });

  test("another session begins with the screen", async () => {
    const page = (endpointUrl: string) => <AvatarGreeting endpointUrl={endpointUrl} />;
    const { rerender } = render(page(server.url));
    await isShown();
    await userEvent.click(screen.getByTestId("start"));
    await waitFor(() => expect(root().reason).toBe("connect_failed"));
    rerender(page(server.url.replace("/7/", "/8/")));
    await isShown();
    expect(root().state).toBe("pre_join");
  });

  test("a greeting that has ended stays ended; a later one begins with the screen", async () => {
    await startWithoutSound();
    answer = () => ({ status: 409, body: failure("session_ended", false) });
    const phases = reload();
    await waitFor(() => expect(root().reason).toBe("session_ended"));
    await waitFor(() => expect(localStorage).toHaveLength(0));
    expect(phases).not.toContain("pre_join");
    expect(screen.queryByTestId("pre-join")).toBeNull();

    answer = () => ({ status: 201, body: INTRODUCED });
    reload();
    await isShown();
  });

  test("a greeting that Continue has ended is not joined at once later", async () => {
    const onContinue = vi.fn();
    await startWithoutSound({ onContinue });
    await userEvent.click(screen.getByTestId("continue"));
    await waitFor(() => expect(onContinue).toHaveBeenCalledOnce());
    reload();
    await isShown();
  });

  test("an hour later, the screen is there again", async () => {
    await startWithoutSound();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_001 });
    reload();
    await isShown();
  });
});
