import { DisconnectReason } from "livekit-client";
import { expect, test } from "vitest";

import { disconnectCauseOf } from "./useGreetingState.js";

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
