"""Greetings: starting and ending one, over LiveKit (the lock) and the store (the memory).

A greeting ends for good when somebody means it to: the trainee, the platform's backend, or the
worker at a limit. If the worker reports a reason in `end_reasons.RESTARTABLE`, for example a lost
connection, the session stays open and the next request starts a new greeting.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agent.core.errors import LiveKitError
from agent.core.job_metadata import JobMetadata, room_name_of
from agent.outcomes.expired import is_worker_lost
from agent.store import PRESUMED, Phase, Store
from agent.token_endpoint.errors import ApiError
from agent.token_endpoint.livekit_rooms import LiveKitRooms

REPORT_S = 1.0
"""How long the worker's report of an end may take after the room is gone."""
_ASK_EVERY_S = 0.1


class Greetings:
    """One greeting per session, however often and wherever it is asked for."""

    def __init__(
        self,
        rooms: LiveKitRooms,
        store: Store,
        *,
        dispatch_check_s: float,
        report_s: float = REPORT_S,
    ) -> None:
        self._rooms = rooms
        self._store = store
        self._dispatch_check_s = dispatch_check_s
        self._report_s = report_s

    async def start(self, metadata: JobMetadata, *, restart: bool) -> bool:
        """Have a greeter in the session's room.

        Args:
            restart: greet although the session has ended.

        Returns:
            True to the one request that started it.

        Raises:
            ApiError: `session_ended`.
            LiveKitError, StoreError: nothing is promised; asking again is safe.
        """
        session_id = metadata.session_id
        room_name = room_name_of(session_id)
        # Remembered before LiveKit is asked: a sweep then leaves the room alone.
        before = await self._store.start(session_id)
        fresh = before is None or await self._rooms.sid(room_name) is None
        if before is Phase.MET and fresh:
            before = await self._after_meeting(session_id, wait=not restart)
        if before is Phase.ENDED:
            if not restart:
                raise _ended()
            if await self._store.restart(session_id):
                # Nothing of the old greeting, not even a late greeter's room, is taken over.
                await self._rooms.end(room_name)
            before = await self._store.start(session_id)
            fresh = True
        async with self._forgotten_if_it_fails(session_id if before is None else None):
            if fresh:
                await self._store.claim(f"dispatch/{session_id}", self._dispatch_check_s)
            room_sid = await self._rooms.ensure(metadata)
        if await self._store.start(session_id) is Phase.ENDED:
            # It was ended while we asked LiveKit: the end has the last word.
            await self._rooms.end(room_name)
            raise _ended()
        await self._store.save_request(
            session_id, metadata.to_json(), room_sid=room_sid, dispatched=fresh
        )
        return before is None

    async def _after_meeting(self, session_id: str, *, wait: bool) -> Phase | None:
        """They met, and the room is gone: over, unless the worker reports that it broke off.

        Returns:
            What `Store.start` says now.
        """
        until = asyncio.get_running_loop().time() + (self._report_s if wait else 0)
        while (before := await self._store.start(session_id)) is Phase.MET:
            if asyncio.get_running_loop().time() >= until:
                await self._presume(session_id)
            else:
                await asyncio.sleep(_ASK_EVERY_S)
        return before

    @asynccontextmanager
    async def _forgotten_if_it_fails(self, session_id: str | None) -> AsyncIterator[None]:
        """The start of a session LiveKit could not be asked for was none."""
        try:
            yield
        except LiveKitError:
            if session_id is not None:
                await self._store.forget_phase(session_id)
            raise

    async def end(self, session_id: str, reason: str) -> None:
        """End the greeting and its avatar at once; harmless if it is over or never was.

        Raises:
            LiveKitError, StoreError: asking again is safe.
        """
        # Recorded first: a start in flight then sees it, whatever becomes of the room.
        await self._store.end(session_id, reason)
        await self._rooms.end(room_name_of(session_id))

    async def over_with_its_room(self, session_id: str) -> bool:
        """The session's room is gone, LiveKit says: who had met there have met for good.

        The worker's own report of the end goes first, and corrects this where it comes late. A
        session that nobody met in stays as it is, and so does one that has a room again.

        Returns:
            Whether the session was ended by this.

        Raises:
            LiveKitError, StoreError: nothing is lost; the next request for a greeting sees it too.
        """
        if await self._store.phase(session_id) is not Phase.MET:
            return False
        await asyncio.sleep(self._report_s)
        if await self._rooms.sid(room_name_of(session_id)) is not None:
            return False
        if await self._store.phase(session_id) is not Phase.MET:
            return False
        return await self._presume(session_id)

    async def _presume(self, session_id: str) -> bool:
        """Nobody says why the room of who had met is gone: over for good, or its worker was lost.

        Returns:
            Whether it is over.
        """
        kept = await self._store.outcomes(session_id)
        if kept and is_worker_lost(kept[-1]):
            await self._store.forget_phase(session_id)
            return False
        await self._store.end(session_id, PRESUMED)
        return True

    async def break_off(self, session_id: str, *, room_sid: str) -> None:
        """Close the room of a greeting that failed: the next request starts a new one.

        What ended on purpose stays ended. If the session has a newer room, nothing changes.

        Raises:
            LiveKitError, StoreError: asking again is safe.
        """
        room_name = room_name_of(session_id)
        there = await self._rooms.sid(room_name)
        if there not in (None, room_sid):
            return
        await self._store.forget_phase(session_id, room_sid=room_sid)
        if there is not None:
            # Only then: a room that is gone may be opened again by a request of this very moment.
            await self._rooms.end(room_name)


def _ended() -> ApiError:
    return ApiError("session_ended", "this session's greeting has ended")
