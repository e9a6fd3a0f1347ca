/** The element's attributes, properties and events. tests/browser has its styles. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { type Answer, endpointServer, failure } from "../test/endpointServer.js";
import type { TrainingGreeterElement } from "./greeterElement.js";

type Greeter = HTMLElement & Pick<TrainingGreeterElement, "authorization">;

let server: Awaited<ReturnType<typeof endpointServer>>;
let answer: Answer;

beforeEach(async () => {
  answer = { status: 503, body: failure("livekit_unavailable", true) };
  server = await endpointServer(() => answer);
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(async () => {
  document.body.replaceChildren();
  await server.close();
});

function element(attributes: Record<string, string> = {}) {
  const created = document.createElement("training-greeter") as Greeter;
  const all = { "endpoint-url": server.url, locale: "en", ...attributes };
  for (const [name, value] of Object.entries(all)) created.setAttribute(name, value);
  return created;
}

/** The event's detail, once it is dispatched. */
const next = (type: string, from: HTMLElement) =>
  new Promise<unknown>((resolve) => {
    from.addEventListener(type, (event) => resolve((event as CustomEvent).detail), { once: true });
  });

/** A busy machine is slow. */
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 5_000 });

const inside = (from: HTMLElement, selector: string) =>
  from.shadowRoot?.querySelector<HTMLElement>(selector);

test("properties that a page sets before the script has loaded are used", async () => {
  const early = element();
  early.authorization = () => Promise.resolve("fresh");
  document.body.append(early);
  expect(server.requests).toHaveLength(0);

  await import("./greeterElement.js");
  await next("error", early);
  expect(server.requests[0]?.authorization).toBe("Bearer fresh");
});

test("attributes reach the page, and an error is an event", async () => {
  const labels = { en: { heading: { withName: "Hi {name}!" } } };
  const shown = element({
    authorization: "jwt",
    headers: JSON.stringify({ "X-CSRFToken": "csrf" }),
    "trainee-name": "Ada",
    labels: JSON.stringify(labels),
  });
  document.body.append(shown);
  const error = await next("error", shown);
  expect(error).toEqual({ reason: "refused", code: "livekit_unavailable", retryable: true });
  expect(server.requests[0]?.authorization).toBe("Bearer jwt");
  expect(inside(shown, "h1")?.textContent).toBe("Hi Ada!");
  shown.setAttribute("trainee-name", "Ben");
  await eventually(() => expect(inside(shown, "h1")?.textContent).toBe("Hi Ben!"));
});

test("an attribute that is not JSON is reported and left out", async () => {
  const shown = element({ labels: "{" });
  document.body.append(shown);
  await next("error", shown);
  expect(console.error).toHaveBeenCalledWith(
    '<training-greeter>: the attribute "labels" is not JSON',
  );
});

test("a moved element goes on, and a removed one stops", async () => {
  const shown = element();
  document.body.append(shown);
  const parent = document.body.appendChild(document.createElement("main"));
  parent.append(shown);
  await next("error", shown);
  expect(server.requests).toHaveLength(1);
  shown.remove();
  await eventually(() => expect(inside(shown, "h1")).toBeNull());
});

test("ended and continue are events, and continue can be prevented", async () => {
  answer = { status: 409, body: failure("session_ended", false) };
  const open = vi.spyOn(window, "open").mockReturnValue(window);
  const shown = element({ "continue-target": "_top" });
  document.body.append(shown);
  expect(await next("ended", shown)).toEqual({ reason: "session_ended" });

  shown.addEventListener("continue", (event) => event.preventDefault(), { once: true });
  const first = next("continue", shown);
  inside(shown, "[data-testid=continue]")?.click();
  expect(await first).toEqual({ url: "https://training.example/video" });
  expect(open).not.toHaveBeenCalled();

  const again = element({ "continue-target": "_top" });
  document.body.append(again);
  await next("ended", again);
  inside(again, "[data-testid=continue]")?.click();
  await eventually(() =>
    expect(open).toHaveBeenCalledWith("https://training.example/video", "_top"),
  );
});
