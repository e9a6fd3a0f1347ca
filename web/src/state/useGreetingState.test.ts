import type { UseSessionReturn } from "@livekit/components-react";
import { renderHook, waitFor } from "@testing-library/react";
import { ConnectionState, DisconnectReason, Room, RoomEvent } from "livekit-client";
import { expect, test, vi } from "vitest";

import { createEndpointClient } from "../endpoint/endpointClient.js";
import { endpointServer, SUCCESS } from "../test/endpointServer.js";
import type { AgentStatus } from "./greetingState.js";
import { disconnectCauseOf, useGreetingState } from "./useGreetingState.js";

const AGENT: AgentStatus = {
  ready: true,
  output: { mode: "voice", modeReason: undefined },
  locale: "en",
  closing: undefined,
  ended: undefined,
};

test("an agent is not lost while the page's own connection is restored, only if it is gone then", async () => {
  vi.spyOn(console, "info").mockImplementation(() => undefined);
  const server = await endpointServer(() => ({ status: 201, body: SUCCESS }));
  const endpoint = createEndpointClient({ endpointUrl: server.url });
  const room = new Room();
  const start = () => Promise.resolve(room.emit(RoomEvent.Connected));
  type Given = { connectionState: ConnectionState; agent: AgentStatus | undefined };
  const initialProps: Given = { connectionState: ConnectionState.Connected, agent: AGENT };
  const { result, rerender } = renderHook(
    ({ connectionState, agent }: Given) => {
      const session = { room, start, connectionState } as unknown as UseSessionReturn;
      return useGreetingState(endpoint, session, agent);
    },
    { initialProps },
  );
  await waitFor(() => expect(result.current.phase).toBe("greeting"));
  rerender({ connectionState: ConnectionState.Reconnecting, agent: undefined });
  expect(result.current.phase).toBe("greeting");
  rerender({ connectionState: ConnectionState.Connected, agent: undefined });
  expect(result.current).toMatchObject({ phase: "waiting_for_agent", agent: "lost" });
  await server.close();
});

test.each([
  [DisconnectReason.ROOM_DELETED, "room_closed"],
  [DisconnectReason.ROOM_CLOSED, "room_closed"],
  [DisconnectReason.PARTICIPANT_REMOVED, "room_closed"],
  [DisconnectReason.DUPLICATE_IDENTITY, "taken_over"],
  [DisconnectReason.CLIENT_INITIATED, "connection_lost"],
  [DisconnectReason.SERVER_SHUTDOWN, "connection_lost"],
  [DisconnectReason.JOIN_FAILURE, "connection_lost"],
  [undefined, "connection_lost"],
])("disconnectCauseOf(%s) is %s", (reason, cause) => {
  expect(disconnectCauseOf(reason)).toBe(cause);
});
