import { Room } from "livekit-client";
import { expect, test, vi } from "vitest";

import type { EndpointClient } from "../endpoint/endpointClient.js";
import { endGreeting } from "./endGreeting.js";

function endpoint() {
  const end = vi.fn().mockResolvedValue(undefined);
  return { end, client: { end } as unknown as EndpointClient };
}

test("feedback that is on its way is sent before the greeting ends", async () => {
  const { end, client } = endpoint();
  let sent = () => {};
  const ended = endGreeting(new Room(), client, new Promise<void>((resolve) => (sent = resolve)));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(end).not.toHaveBeenCalled();
  sent();
  await ended;
  expect(end).toHaveBeenCalledExactlyOnceWith("continue");
});

test("feedback that cannot be sent delays the end for a moment only", async () => {
  vi.useFakeTimers();
  const { end, client } = endpoint();
  const ended = endGreeting(new Room(), client, new Promise(() => undefined));
  await vi.advanceTimersByTimeAsync(300);
  expect(end).toHaveBeenCalledOnce();
  await vi.advanceTimersByTimeAsync(1_200);
  await ended;
  vi.useRealTimers();
});
