"""Start and end greetings, and add feedback to them.

LiveKit's CreateRoom makes sure that a session has one room and one dispatch. The store remembers
how far the session has come, so that a greeting that has ended is not started again by accident.

If the trainee, the platform's backend, or the worker at a limit ends a greeting, the session stays
ended. If the greeting fails, the worker records an end of `end_reasons.RESTARTABLE` in the store,
and the next request starts a new greeting.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from agent.core.errors import LiveKitError, StoreError
from agent.core.job_metadata import JobMetadata, room_name_of
from agent.outcomes.feedback import FeedbackResult, add_feedback
from agent.outcomes.outcome import Feedback, is_worker_lost
from agent.store import PRESUMED, Limit, Phase, Store, dispatch_claim
from agent.token_endpoint.errors import ApiError
from agent.token_endpoint.livekit_rooms import LiveKitRooms

WORKER_RECORD_S = 1.0
"""How long after its room the worker may take to record why the greeting ended."""
_OUTCOME_CLOSED_S = 3.0
"""How long after its room the worker may take to close the outcome."""
_POLL_S = 0.1
_AGENT_ENDS_S = (0.15, 0.15, 0.3, 0.6, 0.8)
"""Seconds before each check whether the agent has deleted its room. It needs 0.1 to 0.2 s, and more
on a busy machine. Two deletions at once would start another job: see `LiveKitRooms.end`."""


class Greetings:
    """Starts and ends greetings, and adds feedback to them.

    A session has one greeting at a time, on any number of replicas.

    Args:
        dispatch_check_s: how long after a start no other replica dispatches an agent.
    """

    def __init__(self, rooms: LiveKitRooms, store: Store, *, dispatch_check_s: float) -> None:
        self._rooms = rooms
        self._store = store
        self._dispatch_check_s = dispatch_check_s

    async def start(
        self, metadata: JobMetadata, *, restart: bool, limits: Sequence[Limit] = ()
    ) -> Phase | None:
        """Make sure that the session has a room and a dispatch.

        Args:
            restart: start a new greeting even if the session has ended.
            limits: count the request against them.

        Returns:
            The phase before this request; None for the one request that started the greeting.

        Raises:
            ApiError: `session_ended`.
            LimitReached: one of `limits`.
            LiveKitError, StoreError: the greeting may not have started; the caller may retry.
        """
        session_id = metadata.session_id
        room_name = room_name_of(session_id)
        # Recorded before LiveKit is called, so that the supervisor leaves the room alone.
        before = await self._store.start(
            session_id, claim_dispatch_s=self._dispatch_check_s, limits=limits
        )
        claimed = before is None
        fresh = claimed or await self._rooms.sid(room_name) is None
        if before is Phase.MET and fresh:
            before = await self._phase_after_meeting(session_id, wait=not restart)
        if before is Phase.ENDED:
            if not restart:
                raise _session_ended()
            if await self._store.restart(session_id):
                # Use nothing of the old greeting, not even the room of a late agent.
                await self._rooms.end(room_name)
            before = await self._store.start(session_id)
            fresh = True
        if fresh and not claimed:
            await self._store.claim(dispatch_claim(session_id), self._dispatch_check_s)
        try:
            room_sid = await self._rooms.ensure(metadata)
        except LiveKitError:
            if before is None:
                await self._store.forget_phase(session_id)
            raise
        phase = await self._store.save_request(
            session_id, metadata.to_json(), room_sid=room_sid, dispatched=fresh
        )
        if phase is Phase.ENDED:
            # It was ended while LiveKit created the room: the end counts.
            await self._rooms.end(room_name)
            raise _session_ended()
        return before

    async def end(self, session_id: str, reason: str, *, limits: Sequence[Limit] = ()) -> None:
        """End the greeting and its avatar; do nothing if it has ended or never began.

        Args:
            limits: count the request against them.

        Raises:
            LimitReached: one of `limits`.
            LiveKitError, StoreError: the caller may retry.
        """
        try:
            await self._store.count(limits)
            # Recorded first, so that a start at the same time sees it.
            await self._store.end(session_id, reason)
        except StoreError:
            # The avatar is charged until its room is closed, with and without the store.
            await self._close(session_id, reason)
            raise
        await self._close(session_id, reason)

    async def give_feedback(self, session_id: str, feedback: Feedback) -> FeedbackResult:
        """Add feedback to the outcome of a greeting that has ended.

        If it has not ended, wait up to 3 s: its worker may be closing the outcome.

        Raises:
            StoreError: the caller may retry.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + _OUTCOME_CLOSED_S
        while True:
            result = await add_feedback(self._store, session_id, feedback)
            if result is not FeedbackResult.NOT_ENDED or loop.time() >= until:
                return result
            await asyncio.sleep(_POLL_S)

    async def _close(self, session_id: str, reason: str) -> None:
        room_name = room_name_of(session_id)
        room_sid = await self._rooms.sid(room_name)
        if room_sid is None or not await self._agent_ends(room_name, room_sid, reason):
            await self._rooms.end(room_name)

    async def _agent_ends(self, room_name: str, room_sid: str, reason: str) -> bool:
        """Ask the agent to end the greeting: it closes the conversation and then deletes the room.

        Returns:
            True if the room was deleted in time.
        """
        with contextlib.suppress(LiveKitError):  # deleting the room ends the greeting too
            if not (await self._rooms.participants(room_name)).agent:
                return False
            await self._rooms.ask_agent_to_end(room_name, reason)
            for wait_s in _AGENT_ENDS_S:
                await asyncio.sleep(wait_s)
                if await self._rooms.sid(room_name) != room_sid:
                    return True
        return False

    async def fail(self, session_id: str, *, room_sid: str) -> None:
        """Close the room of a greeting that failed: the next request starts a new one.

        A session that ended on purpose stays ended. If the session has a newer room, do nothing.

        Raises:
            LiveKitError, StoreError: the caller may retry.
        """
        room_name = room_name_of(session_id)
        current_sid = await self._rooms.sid(room_name)
        if current_sid not in (None, room_sid):
            return
        await self._store.forget_phase(session_id, room_sid=room_sid)
        if current_sid is not None:
            # If the room is gone, do not delete it: a request may be creating a new one now.
            await self._rooms.end(room_name)

    async def _phase_after_meeting(self, session_id: str, *, wait: bool) -> Phase | None:
        """Find out whether a session has ended that is MET and whose room is gone.

        Args:
            wait: give the worker time to record the end.

        Returns:
            What `Store.start` returns now.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + (WORKER_RECORD_S if wait else 0)
        while (before := await self._store.start(session_id)) is Phase.MET:
            if loop.time() >= until:
                await self._presume_ended(session_id)
            else:
                await asyncio.sleep(_POLL_S)
        return before

    async def _presume_ended(self, session_id: str) -> None:
        """End a session whose end no worker recorded, unless its worker was lost."""
        saved = await self._store.outcomes(session_id)
        if saved and is_worker_lost(saved[-1]):
            await self._store.forget_phase(session_id)
        else:
            await self._store.end(session_id, PRESUMED)


def _session_ended() -> ApiError:
    return ApiError("session_ended", "this session's greeting has ended")
