"""The supervision pass: one replica looks after all rooms with few calls to LiveKit's API.

Every PASS_S seconds the replica that holds the lease (`leadership`) calls ListRooms once. It lists
the participants of a room only if the room needs it: its counts changed, one of LiveKit's webhooks
named it, a check of the dispatch supervisor or the reaper is due, or SAFETY_S have passed. Nothing
depends on webhooks: they only make an inspection earlier. docs/capacity.md counts the calls.

ListRooms counts trainees in `num_participants`, and all participants that publish in
`num_publishers` (measured with livekit-server 1.13.5). If an agent or avatar that publishes leaves,
a count changes. LiveKit updates the counts at most every 5 s, so a changed room is inspected again
after 3 and 6 s. Until an agent was seen in it, the checks that the dispatch supervisor plans are
enough. A room with an agent or avatar that does not publish yet is inspected every 5 s.

A worker that was killed leaves its avatar for less than 30 s: LiveKit lists the agent for 20 to
21 s, the change shows within 6 s, and the second inspection removes the avatar 1.5 s later.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import math

from agent.core.errors import LiveKitError, StoreError
from agent.core.job_metadata import session_id_of
from agent.core.log import logger
from agent.core.tasks import BackgroundTask
from agent.store import Store
from agent.token_endpoint.livekit_rooms import LiveKitRooms, Room
from agent.token_endpoint.supervision.dispatches import REQUEST_WINDOW_S, DispatchSupervisor
from agent.token_endpoint.supervision.known_requests import KnownRequests
from agent.token_endpoint.supervision.leadership import Leadership
from agent.token_endpoint.supervision.reaper import Reaper
from agent.token_endpoint.supervision.room_state import RoomState

PASS_S = 3.0
"""Between two supervision passes."""
SAFETY_S = 120.0
"""A room without changes is inspected this often."""
SETTLE_S = (3.0, 6.0)
"""When a room is inspected again after its counts changed: LiveKit may show a further change 5 s
late."""
BACKOFF_MAX_S = 10.0
"""Less than the 15 s after which /readyz reports that LiveKit does not answer."""
EMPTY_PER_S = 10.0
"""Inspections of empty rooms: they cost no avatar, and LiveKit closes them after 30 s. If no worker
takes dispatches, repeating all of them would take LiveKit's time from new requests."""
_EMPTY_AT_ONCE = 20
HINT_PAUSE_S = 1.0
"""Between two passes that webhooks asked for."""
_AT_ONCE = 10
"""Rooms that are inspected at the same time."""
_YIELD_AFTER = 500
"""Rooms of a pass that are looked at before requests are served again."""


class Supervisor(BackgroundTask):
    """An async context manager that supervises all rooms while its block runs.

    Args:
        rooms, store: closed by the caller.
        dispatches, reaper: the two checks of a room.
        pass_s: between two passes.
    """

    task_name = "supervisor"

    def __init__(
        self,
        rooms: LiveKitRooms,
        store: Store,
        dispatches: DispatchSupervisor,
        reaper: Reaper,
        *,
        pass_s: float,
    ) -> None:
        self._rooms = rooms
        self._dispatches = dispatches
        self._reaper = reaper
        self._pass_s = pass_s
        self.leadership = Leadership(rooms, store, pass_s)
        self._states: dict[str, RoomState] = {}
        """By name."""
        self._requests = KnownRequests(store, REQUEST_WINDOW_S)
        self._empty_from = 0.0
        """When empty rooms may be inspected again."""
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._wake = asyncio.Event()
        self._pass_at = 0.0
        self._last_pass_at = 0.0
        self._paused_until = 0.0
        self._failures = 0
        self._failed_at = 0.0

    def inspect_soon(self, room_name: str) -> None:
        """Inspect a room before the next pass; without the lease, do nothing."""
        if not self.leadership.held:
            return
        now = asyncio.get_running_loop().time()
        if state := self._states.get(room_name):
            state.inspect_by(now)
        else:
            self._pass_at = min(self._pass_at, max(now, self._last_pass_at + HINT_PAUSE_S))
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled; then give the lease back, so that another replica takes over."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                self._wake.clear()
                await self._step(loop.time())
                due = min(self._pass_at, max(self._paused_until, self._inspection_at()))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), max(0.01, due - loop.time()))
        finally:
            await self.leadership.release()

    def _inspection_at(self) -> float:
        """When the next inspection is due."""
        return min(
            (
                max(state.inspect_at, self._empty_from) if state.empty else state.inspect_at
                for state in self._states.values()
            ),
            default=math.inf,
        )

    async def _step(self, now: float) -> None:
        """Make a pass if it is due, then the inspections that are due."""
        pass_is_due = now >= self._pass_at
        if pass_is_due:
            self._pass_at, self._last_pass_at = now + self._pass_s, now
            if await self.leadership.update(now, failures=self._failures):
                self._states.clear()
                self._requests.clear()
        if now < self._paused_until:
            return
        try:
            if pass_is_due and self.leadership.held:
                await self._pass()
                await self.leadership.share_answer()
            elif pass_is_due:
                await self.leadership.check_livekit(now)
            await self._inspect_due()
        except LiveKitError as e:
            self._back_off(e)
            return
        if self._failures and self._rooms.answered_at > self._failed_at:
            self._failures = 0
            logger.info(
                "LiveKit answers again; supervision continues",
                extra={"event": "supervision_resumed"},
            )

    async def _pass(self) -> None:
        """Compare LiveKit's list of rooms with what is known, and plan inspections."""
        with contextlib.suppress(StoreError):  # the outcome delivery logs it
            await self._requests.read()
        try:
            listed = await self._rooms.list_rooms()
        except LiveKitError:
            for state in self._states.values():
                state.forget_absences()
            raise
        now = asyncio.get_running_loop().time()
        states = {}
        for number, room in enumerate(listed, 1):
            states[room.name] = self._updated(room, now)
            if number % _YIELD_AFTER == 0:
                await asyncio.sleep(0)
        self._states = states

    def _updated(self, room: Room, now: float) -> RoomState:
        state = self._states.get(room.name)
        request = self._requests.of(session_id_of(room.name))
        if state is None or state.room.sid != room.sid:
            state = RoomState(room=room, request=request)
            # An empty room waits for the check that its request plans.
            state.inspect_by(now + SAFETY_S if state.empty and request else now)
        elif state.room != room:
            state.room = room
            if state.agent_seen:
                state.inspect_by(now)
                state.settle_at = [now + after_s for after_s in SETTLE_S]
            elif state.inspect_at > now + self._pass_s:
                state.inspect_by(now)
        state.request = request
        self._dispatches.note_request(state, now)
        return state

    async def _inspect_due(self) -> None:
        """Inspect the rooms that are due; a room that fails does not delay the others.

        Raises:
            LiveKitError: LiveKit limits the rate of our calls.
        """
        now = asyncio.get_running_loop().time()
        due: list[RoomState] = []
        empty: list[RoomState] = []
        for state in self._states.values():
            if state.inspect_at <= now:
                (empty if state.empty else due).append(state)
        if empty and now >= self._empty_from:
            chosen = heapq.nsmallest(_EMPTY_AT_ONCE, empty, key=lambda state: state.inspect_at)
            self._empty_from = now + len(chosen) / EMPTY_PER_S
            due += chosen
        results = await asyncio.gather(
            *(self._inspect(state) for state in due), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _inspect(self, state: RoomState) -> None:
        async with self._slots:
            now = asyncio.get_running_loop().time()
            state.plan_next(now, SAFETY_S)
            try:
                state.participants = await self._rooms.participants(state.name)
                if not await self._reaper.check(state, now):
                    await self._dispatches.check(state, now)
            except StoreError:
                pass
            except LiveKitError as e:
                state.forget_absences()
                state.failures += 1
                state.inspect_by(now + min(self._pass_s * 2**state.failures, BACKOFF_MAX_S))
                if e.status == 429:
                    raise
                if not state.failure_logged:
                    state.failure_logged = True
                    logger.warning(
                        "could not inspect a room; trying again until LiveKit answers",
                        extra={"event": "inspection_failed", "error": str(e), **state.log_fields},
                    )
            else:
                state.failures, state.failure_logged = 0, False

    def _back_off(self, error: LiveKitError) -> None:
        """Pause after a failed ListRooms or a 429; twice as long after each further failure."""
        pause_s = min(self._pass_s * 2**self._failures, BACKOFF_MAX_S)
        self._failures += 1
        self._failed_at = asyncio.get_running_loop().time()
        self._paused_until = self._failed_at + pause_s
        if self._failures == 1 and error.status in {401, 403}:
            logger.error(
                "LiveKit refuses our key, and no trainee is greeted; take LIVEKIT_API_KEY and "
                "LIVEKIT_API_SECRET from the same project's settings, and check this machine's "
                "clock",
                extra={"event": "livekit_key_refused", "error": str(error)},
            )
        elif self._failures == 1:
            logger.warning(
                "LiveKit did not answer or limits our calls; supervision backs off. If this "
                "lasts, check LIVEKIT_URL and the project's rate limits",
                extra={
                    "event": "supervision_backoff",
                    "status": error.status,
                    "error": str(error),
                    "pause_s": pause_s,
                },
            )
