/** Rendered on a server, then hydrated in the browser, as Next.js does. */
import { act } from "@testing-library/react";
import { hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { endpointServer } from "../test/endpointServer.js";
import { AvatarGreeting } from "./AvatarGreeting.js";
import { AvatarVideo } from "./AvatarVideo.js";

const BROWSER_GLOBALS = ["window", "document", "navigator", "location", "matchMedia", "self"];

let server: Awaited<ReturnType<typeof endpointServer>>;

beforeEach(async () => {
  server = await endpointServer(() => ({ status: 401, body: {} }));
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => server.close());

test.each([
  { locale: undefined, onServer: "<h1>Welcome, ", inBrowser: "Willkommen, Ana" },
  {
    locale: "es",
    onServer: "<h1>Te damos la bienvenida, ",
    inBrowser: "Te damos la bienvenida, Ana",
  },
])("the page hydrates without an error, with locale $locale", async (expected) => {
  const { locale, onServer, inBrowser } = expected;
  const page = (
    <>
      <AvatarGreeting endpointUrl={server.url} traineeName="Ana" locale={locale} />
      <AvatarVideo videoTrack={undefined} />
    </>
  );
  const html = withoutBrowser(() => renderToString(page));
  expect(html).toContain(onServer);

  vi.spyOn(navigator, "languages", "get").mockReturnValue(["de-AT"]);
  const container = document.createElement("div");
  container.innerHTML = html;
  const onRecoverableError = vi.fn();
  const root = await act(() => hydrateRoot(container, page, { onRecoverableError }));
  const failed = () => expect(container.querySelector("[data-state=failed]")).not.toBeNull();
  await vi.waitFor(failed, { timeout: 5_000 });
  expect(container.querySelector("h1")?.textContent).toBe(inBrowser);
  expect(onRecoverableError).not.toHaveBeenCalled();
  act(() => root.unmount());
});

/** Run `render` without the browser's globals, so that a read of one throws. */
function withoutBrowser<T>(render: () => T): T {
  for (const name of BROWSER_GLOBALS) vi.stubGlobal(name, undefined);
  try {
    return render();
  } finally {
    vi.unstubAllGlobals();
  }
}
