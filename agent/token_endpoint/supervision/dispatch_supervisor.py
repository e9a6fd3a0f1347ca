"""The watch over dispatches: LiveKit dispatches once, and with no free worker nobody ever comes.

After each request for a greeting its room is watched for a while. Where no greeter comes, or it is
lost, another is sent for. Of several replicas the one that holds the store's claim sends.

The room may be gone before its trainee comes: the worker does not wait for ever, and a room token
outlives the wait. Who then joins opens the room again, without a dispatch: the watch goes on, and
sends a greeter to them too.

After an end, a room that a late greeter has opened again is closed: for a while, and not when a new
greeting has been asked for meanwhile. After one that broke off, a trainee who is back is left in.

To delete a dispatch ends its job, and LiveKit lists a job late: one that looks empty is deleted
only when it surely is, and one whose job is slow not at all: where its greeter comes after all, the
second one leaves by itself, and nobody would be left.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass, field

from agent.core.errors import LiveKitError, StoreError
from agent.core.job_metadata import JobMetadata, room_name_of
from agent.store import Phase, Store
from agent.token_endpoint.livekit_rooms import JOB_LISTED_S, Dispatch, LiveKitRooms
from agent.token_endpoint.metrics import DISPATCHES_REPEATED

logger = logging.getLogger(__name__)

WATCH_S = 35.0
"""How long after a request: longer than a room waits for its trainee (30 s), and than LiveKit shows
a dead greeter (about 20 s)."""
POLL_S = 0.5
"""Between two looks while nobody is there."""
QUIET_POLL_S = 2.0
"""Between two looks once the greeter is there."""
JOB_START_S = 8.0
"""How long a job may take to join: a cold start on a busy machine takes several seconds."""
LEFT_S = 2.0
"""How long a greeter that was there is missed: one that ends on purpose closes the room."""
MAX_LOST = 3
"""Greeters that came, or took the job, and were lost, for one request. No-shows cost nothing."""
SWEEP_S = 12.0
"""How long after an end a room is closed again: a job in flight joins within JOB_START_S."""
SWEEP_POLL_S = 1.0


@dataclass
class _Sight:
    """What one watch has seen of its room so far. Times are the event loop's, in seconds."""

    metadata: JobMetadata
    until: float
    sent_for_at: float | None
    """When the greeter was last sent for; None where that was before this watch."""
    began_at: float
    awaiting_trainee: bool = True
    """They have asked and may enter at any moment."""
    greeter_seen_at: float | None = None
    met: bool = False
    gone: bool = False
    """The room was missing, and has not been seen since."""
    reopened: bool = False
    """It was missing; whoever is in it now opened it."""
    lost: int = 0
    unanswered: dict[str, float] = field(default_factory=dict)
    """Dispatches another was sent for, and when they may be deleted if they still have no job."""

    def due_in_s(self, now: float, *, at_work: bool, wait_s: float) -> float:
        """How long the missing greeter may still take before another is sent for."""
        if self.greeter_seen_at is not None:
            return self.greeter_seen_at + LEFT_S - now
        if at_work:
            return (self.sent_for_at or self.began_at) + wait_s - now
        return 0.0 if self.sent_for_at is None else self.sent_for_at + wait_s - now


@dataclass
class DispatchSupervisor:
    """All watches of this process. `aclose` ends them."""

    rooms: LiveKitRooms
    store: Store
    check_s: float
    poll_s: float = POLL_S
    quiet_poll_s: float = QUIET_POLL_S
    sweep_poll_s: float = SWEEP_POLL_S
    job_start_s: float = JOB_START_S
    _sights: dict[str, _Sight] = field(default_factory=dict)
    _watches: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _sweeps: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def claim(self, session_id: str) -> bool:
        """Be the one who sends for this session's greeter, for the next `check_s` seconds."""
        return await self.store.claim(f"dispatch/{session_id}", self.check_s)

    def over_greeting(self, metadata: JobMetadata, *, fresh: bool) -> None:
        """Watch that a greeter comes and stays, for a while from now.

        Args:
            fresh: the dispatch was made just now.
        """
        now = asyncio.get_running_loop().time()
        session_id = metadata.session_id
        self._stop(self._sweeps, session_id)
        running = self._sights.get(session_id)
        if running is not None and not fresh:
            running.until = now + WATCH_S
            running.lost = 0
            running.awaiting_trainee = True
            return
        sight = _Sight(
            metadata=metadata,
            until=now + WATCH_S,
            sent_for_at=now if fresh else None,
            began_at=now,
        )
        self._sights[session_id] = sight
        self._hold(self._watches, session_id, self._watch(sight))

    def over_end(self, session_id: str) -> None:
        """See that the session's room stays closed."""
        self._stop(self._watches, session_id)
        self._sights.pop(session_id, None)
        self._hold(self._sweeps, session_id, self._sweep(session_id))

    def over_break(self, session_id: str) -> None:
        """See that no late greeter stays; a trainee who comes back is still met."""
        if sight := self._sights.get(session_id):
            sight.awaiting_trainee = False
        self._hold(self._sweeps, session_id, self._sweep(session_id))

    async def aclose(self) -> None:
        tasks = [*self._watches.values(), *self._sweeps.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _hold(
        self,
        tasks: dict[str, asyncio.Task[None]],
        session_id: str,
        work: Coroutine[None, None, None],
    ) -> None:
        """One task of its kind a session: a new one takes the old one's place."""
        self._stop(tasks, session_id)
        task = asyncio.create_task(work, name=f"watch {session_id}")
        tasks[session_id] = task
        task.add_done_callback(lambda done: self._let_go(tasks, session_id, done))

    def _stop(self, tasks: dict[str, asyncio.Task[None]], session_id: str) -> None:
        if old := tasks.pop(session_id, None):
            old.cancel()

    def _let_go(
        self, tasks: dict[str, asyncio.Task[None]], session_id: str, task: asyncio.Task[None]
    ) -> None:
        if tasks.get(session_id) is task:
            del tasks[session_id]
            if tasks is self._watches:
                self._sights.pop(session_id, None)
        if not task.cancelled() and (error := task.exception()):
            logger.error(
                "a watch failed", extra={"session_id": session_id, "error": type(error).__name__}
            )

    async def _watch(self, sight: _Sight) -> None:
        loop = asyncio.get_running_loop()
        there = True
        while there and loop.time() < sight.until:
            pause_s = self.poll_s
            try:
                there, pause_s = await self._look(sight)
            except (LiveKitError, StoreError) as e:
                logger.warning(
                    "the room could not be watched just now",
                    extra={"session_id": sight.metadata.session_id, "error": str(e)},
                )
            await asyncio.sleep(pause_s if there else 0)

    async def _look(self, sight: _Sight) -> tuple[bool, float]:
        """Look once, and send for another greeter where one is due.

        Returns:
            Whether there is anything left to watch, and how long to wait before the next look.
        """
        session_id = sight.metadata.session_id
        room_name = room_name_of(session_id)
        now = asyncio.get_running_loop().time()
        if sight.gone and not await self._is_back(sight, now):
            return await self.store.phase(session_id) is not Phase.ENDED, self.poll_s
        await self._tidy(sight, now)
        present = await self.rooms.present(room_name)
        if present.trainee:
            sight.awaiting_trainee = False
        if present.greeter:
            sight.greeter_seen_at = now
            if present.trainee and not sight.met:
                await self.store.mark_met(session_id)
                sight.met = True
            return True, self.quiet_poll_s if present.trainee else self.poll_s
        sid = await self.rooms.sid(room_name)
        if sid is None:
            sight.gone = True
            return True, self.poll_s
        wanted = present.trainee or sight.awaiting_trainee
        if not wanted or sight.lost >= MAX_LOST:
            return True, self.quiet_poll_s
        dispatches = await self.rooms.dispatches(room_name)
        at_work = any(d.at_work for d in dispatches)
        wait_s = self.job_start_s if at_work else self.check_s
        due_in_s = sight.due_in_s(now, at_work=at_work, wait_s=wait_s)
        if due_in_s > 0:
            return True, min(due_in_s, self.poll_s)
        await self._send_another(sight, sid, dispatches)
        return True, self.poll_s

    async def _is_back(self, sight: _Sight, now: float) -> bool:
        """Whether a missing room is there again; what was seen of the old one is void then."""
        if await self.rooms.sid(room_name_of(sight.metadata.session_id)) is None:
            return False
        sight.gone = False
        sight.reopened = True
        sight.awaiting_trainee = False
        sight.greeter_seen_at = None
        sight.met = False
        sight.unanswered.clear()
        # With automatic dispatch LiveKit has sent for a greeter itself.
        sight.sent_for_at = now if self.rooms.automatic else None
        return True

    async def _send_another(self, sight: _Sight, sid: str, dispatches: list[Dispatch]) -> None:
        session_id = sight.metadata.session_id
        room_name = room_name_of(session_id)
        now = asyncio.get_running_loop().time()
        was_here = sight.greeter_seen_at is not None
        lost = was_here or any(d.has_job for d in dispatches)
        sight.sent_for_at = now
        sight.greeter_seen_at = None
        if not await self.claim(session_id):
            return  # sent for moments ago, by another replica or by the request itself
        phase = await self.store.phase(session_id)
        if phase is Phase.ENDED or (phase is Phase.MET and sight.reopened and not sight.met):
            return  # it is over; that they had met, and then the room was gone, says so too
        if phase is None:
            await self.store.start(session_id)  # it broke off, and goes on with this greeter
        for dispatch in dispatches:
            if not dispatch.has_job:
                sight.unanswered.setdefault(dispatch.id, now + JOB_LISTED_S)
            elif was_here or not dispatch.at_work:
                await self.rooms.undispatch(room_name, dispatch.id)
        await self.rooms.dispatch(sight.metadata)
        sight.lost += lost
        DISPATCHES_REPEATED.labels("lost" if lost else "no_show").inc()
        logger.warning(
            "the greeter was lost: sent for another" if lost else "no greeter came: sent again",
            extra={"session_id": session_id},
        )
        # The greeting may have ended meanwhile, and CreateDispatch opens a room that is gone.
        if await self.rooms.sid(room_name) != sid or (
            await self.store.phase(session_id) is Phase.ENDED
        ):
            await self.rooms.end(room_name)

    async def _tidy(self, sight: _Sight, now: float) -> None:
        """Delete dispatches that surely have no job."""
        sure = {i for i, when in sight.unanswered.items() if when <= now}
        if not sure:
            return
        room_name = room_name_of(sight.metadata.session_id)
        if await self.rooms.sid(room_name) is not None:
            for dispatch in await self.rooms.dispatches(room_name):
                if dispatch.id in sure and not dispatch.has_job:
                    await self.rooms.undispatch(room_name, dispatch.id)
        for dispatch_id in sure:
            del sight.unanswered[dispatch_id]

    async def _sweep(self, session_id: str) -> None:
        loop = asyncio.get_running_loop()
        room_name = room_name_of(session_id)
        until = loop.time() + SWEEP_S
        while loop.time() < until:
            await asyncio.sleep(self.sweep_poll_s)
            try:
                if await self.rooms.sid(room_name) is None:
                    continue
                phase = await self.store.phase(session_id)
                if phase in (Phase.STARTED, Phase.MET):
                    return  # asked for again, of this replica or another
                if phase is None and (await self.rooms.present(room_name)).trainee:
                    continue  # back after it broke off: a watch sees to them
                await self.rooms.end(room_name)
                logger.info("a late greeter's room was closed", extra={"session_id": session_id})
            except (LiveKitError, StoreError) as e:
                logger.warning(
                    "the ended room could not be watched just now",
                    extra={"session_id": session_id, "error": str(e)},
                )
