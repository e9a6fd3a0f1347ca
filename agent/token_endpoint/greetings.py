"""Greetings: starting and ending one, over LiveKit (the lock) and the store (the memory)."""

from __future__ import annotations

from agent.job_metadata import JobMetadata, room_name_of
from agent.store import Phase, Store
from agent.token_endpoint.refusals import Refused
from agent.token_endpoint.rooms import Rooms
from agent.token_endpoint.watch import Watch


class Greetings:
    """One greeting per session, however often and wherever it is asked for."""

    def __init__(self, rooms: Rooms, store: Store, watch: Watch) -> None:
        self._rooms = rooms
        self._store = store
        self._watch = watch

    async def start(self, metadata: JobMetadata, *, restart: bool) -> bool:
        """Have a greeter in the session's room.

        Args:
            restart: greet although the session has ended.

        Returns:
            True to the one request that started it.

        Raises:
            Refused: `session_ended`.
            LiveKitError, StoreError: nothing is promised; asking again is safe.
        """
        session_id = metadata.session_id
        phase = await self._store.phase(session_id)
        fresh = phase is None or await self._rooms.sid(room_name_of(session_id)) is None
        if phase is Phase.MET and fresh:
            # They met, and the room is gone: the greeting is over, though nobody said so.
            await self._store.end(session_id, "room_closed")
            phase = Phase.ENDED
        if phase is Phase.ENDED:
            if not restart:
                raise _ended()
            if await self._store.restart(session_id):
                # Nothing of the old greeting, not even a late greeter's room, is taken over.
                await self._rooms.end(room_name_of(session_id))
            fresh = True
        if fresh:
            await self._watch.claim(session_id)
        await self._rooms.ensure(metadata)
        before = await self._store.start(session_id)
        if before is Phase.ENDED:
            # It was ended while we asked LiveKit: the end has the last word.
            await self._rooms.end(room_name_of(session_id))
            self._watch.over_end(session_id)
            raise _ended()
        self._watch.over_greeting(metadata, fresh=fresh)
        return before is None

    async def end(self, session_id: str, reason: str, *, room_sid: str | None = None) -> None:
        """End the greeting and its avatar at once; harmless where it is over, or never was.

        Args:
            room_sid: the room that ended; where the session has a newer one, nothing is done.

        Raises:
            LiveKitError, StoreError: asking again is safe.
        """
        room_name = room_name_of(session_id)
        if room_sid and await self._rooms.sid(room_name) not in (None, room_sid):
            return
        # Remembered first: a start in flight then sees it, whatever becomes of the room.
        await self._store.end(session_id, reason)
        self._watch.over_end(session_id)
        await self._rooms.end(room_name)


def _ended() -> Refused:
    return Refused("session_ended", "this session's greeting has ended")
