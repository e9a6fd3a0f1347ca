"""The reaper: it ends avatars that are paid for and serve nobody. It never sends for a greeter.

Beyond Presence has no call to stop a session, and a job that was killed cannot send its avatar away
any more: so whoever sees the rooms does. It runs in the endpoint, since a whole worker may be dead;
several replicas may do the same work, for every step can be repeated.

Two kinds of rooms are looked for, in LiveKit's own list, every few seconds, and at once where its
webhooks say that somebody has left:

- An avatar whose greeter is not in the room. LiveKit shows a killed greeter for about 20 s; until
  then it counts as alive. The avatar is removed, then it is seen to that it stays away (its token
  would let it in again for two minutes), and a room that nobody else is in is closed.
- An avatar, but no trainee, for longer than any worker at its senses would keep it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field

from agent.core.background_task import BackgroundTask
from agent.core.errors import LiveKitError, StoreError
from agent.core.job_metadata import session_id_of
from agent.core.log import logger
from agent.outcomes.expired import is_worker_lost
from agent.store import Store
from agent.token_endpoint.greetings import Greetings
from agent.token_endpoint.livekit_rooms import Avatar, LiveKitRooms, Present
from agent.token_endpoint.metrics import AVATARS_REAPED

EVERY_S = 2.5
"""Between two rounds. Two more after LiveKit's 20 s are well within the 30 s that are promised."""
AGAIN_S = 1.5
"""Before the next round where an avatar was just found without its greeter."""
KNOWN_S = 5.0
"""How long an avatar has been here before it is removed: after a restart of LiveKit, greeter and
avatar come back in any order."""
ALONE_S = 45.0
"""An avatar without a trainee: the worker sends it away after 15 s, or 8 s, at its defaults, and
LiveKit closes the rooms we make after 30 s."""
_COMES_BACK_S = 180.0
"""How long a removed avatar is remembered; longer than its token lasts."""
_AT_ONCE = 10
_HINTS_MAX = 1000
"""Rooms to look at early; beyond it they wait for the next round."""


@dataclass(kw_only=True)
class _Sight:
    """What has been seen of one room so far. Times are the event loop's, in seconds."""

    name: str
    sid: str
    since: dict[str, float] = field(default_factory=dict)
    """Seats of its avatars, and when each was first seen."""
    orphaned: dict[str, float] = field(default_factory=dict)
    """Seats whose greeter was missing at the last look, and since which look."""
    alone_since: float | None = None
    """Since when there has been an avatar and no trainee."""
    reaped: bool = False
    """An avatar was removed from it."""
    deserted_since: float | None = None
    """Since which look neither a greeter nor a trainee has been there."""

    @property
    def session_id(self) -> str:
        return session_id_of(self.name)

    def lose(self) -> None:
        """LiveKit did not answer: what was seen last does not count as the look before the next."""
        self.orphaned.clear()
        self.alone_since = None
        self.deserted_since = None


class Reaper(BackgroundTask):
    """Used as an async context manager it makes its rounds beside the body.

    Args:
        rooms, greetings, store: not closed by it.
        every_s, known_s, alone_s: see EVERY_S, KNOWN_S, ALONE_S.
    """

    task_name = "reaper"

    def __init__(
        self,
        rooms: LiveKitRooms,
        greetings: Greetings,
        store: Store,
        *,
        every_s: float = EVERY_S,
        known_s: float = KNOWN_S,
        alone_s: float = ALONE_S,
    ) -> None:
        self._rooms = rooms
        self._greetings = greetings
        self._store = store
        self._every_s = every_s
        self._known_s = known_s
        self._alone_s = alone_s
        self._apart_s = min(every_s, AGAIN_S) * 0.9
        """Two looks count as two only so far apart: a hint may come just before a round."""
        self._sights: dict[str, _Sight] = {}
        self._removed: dict[tuple[str, str], float] = {}
        """Room and identity of avatars removed lately, and when."""
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._livekit_is_away = False
        self._hinted: set[str] = set()
        self._hint = asyncio.Event()

    def look_soon(self, room_name: str) -> None:
        """Somebody has left this room, LiveKit says: look at it before the next round."""
        if len(self._hinted) < _HINTS_MAX:
            self._hinted.add(room_name)
            self._hint.set()

    async def run(self) -> None:
        """Make rounds until cancelled. That LiveKit is away is said once, and again when back."""
        loop = asyncio.get_running_loop()
        round_at = loop.time()
        while True:
            is_round = loop.time() >= round_at
            try:
                await (self._round() if is_round else self._look_where_hinted())
            except LiveKitError as e:
                if not self._livekit_is_away:
                    logger.warning("avatars without a greeter cannot be looked for: %s", e)
                self._livekit_is_away = True
            else:
                if self._livekit_is_away:
                    logger.warning("LiveKit is back: avatars without a greeter are looked for")
                self._livekit_is_away = False
            now = loop.time()
            found = any(sight.orphaned for sight in self._sights.values())
            due_s = min(self._every_s, AGAIN_S) if found else self._every_s
            round_at = now + due_s if is_round else min(round_at, now + due_s)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hint.wait(), max(0, round_at - now))

    async def _round(self) -> None:
        """Look at every room once; a room that fails does not keep the others waiting.

        Raises:
            LiveKitError: one call at least was not answered.
        """
        try:
            there = await self._rooms.ours()
        except LiveKitError:
            for sight in self._sights.values():
                sight.lose()
            raise
        now = asyncio.get_running_loop().time()
        self._removed = {k: at for k, at in self._removed.items() if now - at < _COMES_BACK_S}
        self._sights = {
            sid: self._sights.get(sid) or _Sight(name=name, sid=sid) for name, sid in there.items()
        }
        done = await asyncio.gather(
            *(self._look_in_turn(sight) for sight in self._sights.values()),
            return_exceptions=True,
        )
        for failed in done:
            if isinstance(failed, BaseException):
                raise failed

    async def _look_where_hinted(self) -> None:
        """Look at the rooms that were named since the last look.

        Raises:
            LiveKitError: one call at least was not answered; the next round sees to the rooms.
        """
        self._hint.clear()
        names, self._hinted = self._hinted, set()
        for name in names:
            if sid := await self._rooms.sid(name):
                await self._look_in_turn(self._sights.setdefault(sid, _Sight(name=name, sid=sid)))

    async def _look_in_turn(self, sight: _Sight) -> None:
        async with self._slots:
            try:
                await self._look(sight, await self._rooms.present(sight.name))
            except LiveKitError:
                sight.lose()
                raise

    async def _look(self, sight: _Sight, present: Present) -> None:
        now = asyncio.get_running_loop().time()
        sight.since = {a.seat: sight.since.get(a.seat, now) for a in present.avatars}
        sight.orphaned = {
            a.seat: sight.orphaned.get(a.seat, now) for a in present.avatars if a.orphaned
        }
        for avatar in present.avatars:
            if not avatar.orphaned:
                continue
            again = (sight.name, avatar.identity) in self._removed
            twice = now - sight.orphaned[avatar.seat] >= self._apart_s
            surely = twice and now - sight.since[avatar.seat] >= self._known_s
            if again or surely:
                await self._remove(sight, avatar, again=again)

        if present.greeter or present.trainee:
            sight.deserted_since = None
        elif sight.deserted_since is None:
            sight.deserted_since = now
        deserted = sight.deserted_since is not None and now - sight.deserted_since >= self._apart_s
        if sight.reaped and deserted:
            await self._close(sight)
            logger.info("a room whose greeter was lost was closed", extra=_about(sight))
        elif self._is_alone_too_long(sight, present, now):
            await self._close(sight)
            AVATARS_REAPED.labels("without_trainee").inc()
            logger.warning(
                "an avatar without a trainee was ended, its worker had not done so: "
                "look for a job of this session that hangs",
                extra={**_about(sight), "avatar_session_id": await self._paid_session(sight)},
            )

    def _is_alone_too_long(self, sight: _Sight, present: Present, now: float) -> bool:
        if present.trainee or not present.avatars:
            sight.alone_since = None
        elif sight.alone_since is None:
            sight.alone_since = now
        return sight.alone_since is not None and now - sight.alone_since >= self._alone_s

    async def _remove(self, sight: _Sight, avatar: Avatar, *, again: bool) -> None:
        await self._rooms.remove(sight.name, avatar.identity)
        self._removed[sight.name, avatar.identity] = asyncio.get_running_loop().time()
        sight.reaped = True
        AVATARS_REAPED.labels("came_back" if again else "left_behind").inc()
        logger.warning(
            "a removed avatar was still there or came back, and was removed again: if this goes "
            "on, see that Beyond Presence does not bill its session any longer"
            if again
            else "an avatar was left behind by a lost greeter, and was removed: "
            "look for a job of this session that crashed or was killed",
            extra={
                **_about(sight),
                "avatar": avatar.identity,
                "avatar_session_id": await self._paid_session(sight),
            },
        )

    async def _close(self, sight: _Sight) -> None:
        """Close the room; its trainee may be greeted again, for nobody meant it to end."""
        try:
            await self._greetings.break_off(sight.session_id, room_sid=sight.sid)
        except StoreError as e:
            logger.warning(
                "that a greeting broke off could not be remembered: %s", e, extra=_about(sight)
            )
            await self._rooms.end(sight.name)

    async def _paid_session(self, sight: _Sight) -> str:
        """Beyond Presence's id of the session, as the worker has kept it; empty if unknown."""
        try:
            kept = await self._store.outcomes(sight.session_id)
            # The newest may be that of the greeter which was sent for in the lost one's place.
            bodies = [body for body in kept if is_worker_lost(body)] or kept
            ids = [str(json.loads(body).get("avatar_session_id") or "") for body in bodies]
        except (StoreError, ValueError, AttributeError):
            return ""
        return ids[-1] if ids else ""


def _about(sight: _Sight) -> dict[str, str]:
    return {"session_id": sight.session_id, "room": sight.name, "room_sid": sight.sid}
