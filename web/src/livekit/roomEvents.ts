import type { Room, RoomEventCallbacks } from "livekit-client";

/** Call each handler when its event happens in the room, until the returned function is called. */
export function onRoomEvents(room: Room, handlers: Partial<RoomEventCallbacks>): () => void {
  const given = Object.entries(handlers) as [keyof RoomEventCallbacks, () => void][];
  for (const [event, handler] of given) room.on(event, handler);
  return () => {
    for (const [event, handler] of given) room.off(event, handler);
  };
}
