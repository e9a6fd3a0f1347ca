"""The reaper: removes avatars that are paid for and serve no trainee. It never dispatches an agent.

Beyond Presence has no call that stops a session, and a job that was killed cannot remove its own
avatar. The worker removes it if only the job died; the reaper does if the worker died too. It
removes or closes:

- An avatar whose agent is not in the room. LiveKit lists a killed agent for about 20 s. The avatar
  is removed, and removed again if it comes back: its token is valid for two minutes. A room that is
  empty after that is closed.
- A room with an avatar but without a trainee, after longer than any working job would keep it.
"""

from __future__ import annotations

import asyncio

from agent.core.errors import StoreError
from agent.core.log import logger
from agent.outcomes.outcome import field_in, is_worker_lost
from agent.store import Store
from agent.token_endpoint.greetings import Greetings
from agent.token_endpoint.livekit_rooms import Avatar, LiveKitRooms
from agent.token_endpoint.metrics import AVATARS_REAPED
from agent.token_endpoint.supervision.room_state import RoomState

AGAIN_S = 1.5
"""Between the inspection that finds an avatar without its agent and the one that removes it."""
KNOWN_S = 5.0
"""How long an avatar must have been in the room: after a restart of LiveKit, agent and avatar come
back in any order."""
ALONE_S = 45.0
"""How long an avatar may be without a trainee. The worker removes it after 15 s, or 8 s, with
default settings, and LiveKit closes our rooms after 30 s."""
_COMES_BACK_S = 180.0
"""How long a removed avatar is remembered: longer than its token is valid."""
_UNCOUNTED_S = 5.0
"""Between two inspections of a room whose changes ListRooms does not show."""


class Reaper:
    """Checks one room at a time."""

    def __init__(self, rooms: LiveKitRooms, greetings: Greetings, store: Store) -> None:
        self._rooms = rooms
        self._greetings = greetings
        self._store = store
        self._removed: dict[tuple[str, str], float] = {}
        """Room name and identity of avatars that were removed, and when."""

    async def check(self, state: RoomState, now: float) -> bool:
        """Remove orphaned avatars, and close the room if only they kept it open.

        Returns:
            Whether the room was closed.

        Raises:
            LiveKitError: nothing is lost; the next inspection checks again.
        """
        for avatar in self._orphans_due(state, now):
            await self._remove(state, avatar)
        here = state.participants
        deserted = not (here.agent or here.trainee)
        state.deserted_since = (state.deserted_since or now) if deserted else None
        alone = bool(here.avatars) and not here.trainee
        state.without_trainee_since = (state.without_trainee_since or now) if alone else None

        if state.reaped_at is not None and _since(state.deserted_since, now) >= AGAIN_S * 0.9:
            await self._close(state)
            logger.info(
                "closed the room of a lost agent",
                extra={"event": "room_reaped", **state.log_fields},
            )
            return True
        if _since(state.without_trainee_since, now) >= ALONE_S:
            await self._close(state)
            AVATARS_REAPED.labels("without_trainee").inc()
            logger.warning(
                "closed a room with an avatar but without a trainee, which its worker should have "
                "done; check the log of this session's job for a hang",
                extra={
                    "event": "avatar_without_trainee",
                    **state.log_fields,
                    "avatar_session_id": await self._provider_session_id(state.session_id),
                },
            )
            return True
        self._plan(state, now)
        return False

    def _orphans_due(self, state: RoomState, now: float) -> list[Avatar]:
        """Return the avatars to remove now.

        An orphan is removed at its second inspection, or at once if it was removed before.
        """
        avatars = state.participants.avatars
        state.avatars_since = {a.sid: state.avatars_since.get(a.sid, now) for a in avatars}
        state.orphaned_since = {
            a.sid: state.orphaned_since.get(a.sid, now) for a in avatars if a.orphaned
        }
        return [
            a
            for a in avatars
            if a.orphaned
            and (
                self._was_removed(state, a, now)
                or (
                    now - state.orphaned_since[a.sid] >= AGAIN_S * 0.9
                    and now - state.avatars_since[a.sid] >= KNOWN_S
                )
            )
        ]

    def _plan(self, state: RoomState, now: float) -> None:
        """Plan the next inspection."""
        reaped = state.reaped_at is not None and now - state.reaped_at < _COMES_BACK_S
        if state.orphaned_since or (reaped and state.deserted_since is not None):
            state.inspect_by(now + AGAIN_S)
        if reaped or not state.participants.counted:
            state.inspect_by(now + _UNCOUNTED_S)
        if state.without_trainee_since is not None:
            state.inspect_by(state.without_trainee_since + ALONE_S)

    def _was_removed(self, state: RoomState, avatar: Avatar, now: float) -> bool:
        return now - self._removed.get((state.name, avatar.identity), -1e9) < _COMES_BACK_S

    async def _remove(self, state: RoomState, avatar: Avatar) -> None:
        now = asyncio.get_running_loop().time()
        again = self._was_removed(state, avatar, now)
        await self._rooms.remove(state.name, avatar.identity)
        self._removed = {key: at for key, at in self._removed.items() if now - at < _COMES_BACK_S}
        self._removed[state.name, avatar.identity] = now
        state.reaped_at = now
        AVATARS_REAPED.labels("came_back" if again else "left_behind").inc()
        logger.warning(
            "the avatar came back; removed it again; if this repeats, check that Beyond Presence "
            "no longer bills its session"
            if again
            else "removed an avatar whose agent is gone; check the log of this session's job for "
            "a crash",
            extra={
                "event": "avatar_came_back" if again else "avatar_left_behind",
                **state.log_fields,
                "avatar": avatar.identity,
                "avatar_session_id": await self._provider_session_id(state.session_id),
            },
        )

    async def _close(self, state: RoomState) -> None:
        """Close the room. Its session may be greeted again: it did not end on purpose."""
        try:
            await self._greetings.fail(state.session_id, room_sid=state.room.sid)
        except StoreError as e:
            logger.warning(
                "could not record that a greeting failed; closing its room anyway. Check the store",
                extra={
                    "event": "greeting_failure_not_recorded",
                    "error": str(e),
                    **state.log_fields,
                },
            )
            await self._rooms.end(state.name)

    async def _provider_session_id(self, session_id: str) -> str:
        """Return Beyond Presence's id of the session that the worker saved; empty if unknown."""
        try:
            saved = await self._store.outcomes(session_id)
        except StoreError:
            return ""
        # The newest may belong to the agent that replaced the lost one.
        bodies = [body for body in saved if is_worker_lost(body)] or saved or [""]
        return str(field_in(bodies[-1], "avatar_session_id") or "")


def _since(at: float | None, now: float) -> float:
    """Seconds since a moment; negative infinity if there was none."""
    return -float("inf") if at is None else now - at
