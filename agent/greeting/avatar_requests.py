"""The avatars that are requested for one greeting, and which of them is used.

If the request for an avatar fails, a second one is requested, and the first of the two to join is
used. `agent.greeting.avatar` decides when it speaks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from livekit import rtc

from agent.avatar.beyond_presence import BeyondPresenceAvatar
from agent.conversation.state import GreetingState
from agent.core.errors import AvatarError, AvatarRejected
from agent.core.events import AvatarAnswered, AvatarJoined
from agent.core.log import logger
from agent.core.settings import WorkerSettings
from agent.core.tasks import TaskSet, ignore_task_failure
from agent.greeting.first_avatar import request_avatar
from agent.room.room_api import RoomApi

_SECOND_REQUEST_AFTER_S: Final = 0.3
"""Grace period for an avatar whose request failed."""

Arrival = asyncio.Task[BeyondPresenceAvatar]
"""Returns an avatar when it is visible, or raises AvatarError."""


class AvatarRequests:
    """Emits `AvatarAnswered` and `AvatarJoined`."""

    def __init__(
        self, room: rtc.Room, livekit: RoomApi, state: GreetingState, settings: WorkerSettings
    ) -> None:
        self._room = room
        self._livekit = livekit
        self._state = state
        self._usage = state.avatar_usage
        self._settings = settings
        self._events = state.events
        self.current: list[BeyondPresenceAvatar] = []
        """Requested and not dismissed: one, or two until one of them joins."""
        self._joined: asyncio.Future[BeyondPresenceAvatar] | None = None
        self._tasks = TaskSet()
        room.on("participant_connected", self._on_connected)

    def start(self, requested: BeyondPresenceAvatar | None = None) -> Arrival:
        """Request the avatar of the script, or use one that was requested and may have joined."""
        avatar = requested or request_avatar(self._settings, self._state.script)
        self._joined = asyncio.get_running_loop().create_future()
        self._expect(avatar)
        return self._wait_for(self._arrival_of(avatar, self._joined))

    def wait_for_return(self, avatar: BeyondPresenceAvatar) -> Arrival:
        """Wait until an avatar that has left the room is visible again."""
        return self._wait_for(avatar.wait_until_visible(self._room))

    def find(self, identity: str) -> BeyondPresenceAvatar | None:
        return next((one for one in self.current if one.avatar_identity == identity), None)

    def dismiss_all(self) -> None:
        """Give up the current avatars, and remove those in the room: they are charged."""
        while self.current:
            self._dismiss(self.current[-1])

    async def close(self) -> None:
        avatars, self.current = self.current, []
        await asyncio.gather(*(avatar.aclose() for avatar in avatars))
        self._usage.all_left()
        self._tasks.cancel()

    def _expect(self, avatar: BeyondPresenceAvatar) -> None:
        """Use this avatar, which has been requested, if no other one joins before it."""
        self.current.append(avatar)
        self._usage.requested(avatar.avatar_identity)
        here = self._room.remote_participants.get(avatar.avatar_identity)
        if here is not None:
            self._on_connected(here)

    def _dismiss(self, avatar: BeyondPresenceAvatar) -> None:
        self.current.remove(avatar)
        self._tasks.start(avatar.aclose(), name="close_avatar")
        if avatar.avatar_identity in self._room.remote_participants:
            self._remove(avatar.avatar_identity)

    def _remove(self, identity: str) -> None:
        self._tasks.start(self._livekit.remove(identity), name="remove_avatar")

    def _wait_for(self, arrival: Coroutine[Any, Any, BeyondPresenceAvatar]) -> Arrival:
        task = asyncio.create_task(arrival, name="wait_for_avatar")
        # Handled by `GreetingAvatar`, unless the greeting ends before.
        task.add_done_callback(ignore_task_failure)
        return task

    async def _arrival_of(
        self, first: BeyondPresenceAvatar, joined: asyncio.Future[BeyondPresenceAvatar]
    ) -> BeyondPresenceAvatar:
        """Return an avatar when it is visible; ask for a second one if the request fails.

        The first one may still come. The second one has an identity of its own: with the
        same one, LiveKit would remove the first avatar while it speaks. The first to join is used,
        and the other one is removed as soon as it joins. Raises AvatarError if both requests
        failed, or if repeating the first one is useless.
        """
        error = await self._failure_before(joined, first)
        if error is not None and _may_succeed_if_repeated(error):
            await asyncio.wait({joined}, timeout=_SECOND_REQUEST_AFTER_S)
            if not joined.done():
                logger.warning(
                    "the request for an avatar failed; requesting another one, and using the first "
                    "that joins. If this repeats, check Beyond Presence's status page",
                    extra={"event": "avatar_call_retried", "error": str(error)},
                )
                second = request_avatar(self._settings, self._state.script)
                self._expect(second)
                error = await self._failure_before(joined, second)
        if error is not None and not joined.done():
            raise error
        return await (await joined).wait_until_visible(self._room)

    async def _failure_before(
        self, joined: asyncio.Future[BeyondPresenceAvatar], avatar: BeyondPresenceAvatar
    ) -> AvatarError | None:
        """Wait until a request is answered or an avatar joins; return why the request failed."""
        answer = self._tasks.start(self._note_answer(avatar), name="await_avatar_answer")
        events: set[asyncio.Future[Any]] = {answer, joined}
        await asyncio.wait(events, return_when=asyncio.FIRST_COMPLETED)
        return None if joined.done() else answer.result()

    async def _note_answer(self, avatar: BeyondPresenceAvatar) -> AvatarError | None:
        """Wait for the answer and record its session id; return the error, if any."""
        try:
            await avatar.wait_for_answer()
        except AvatarError as e:
            return e
        self._usage.answered(avatar.avatar_identity, avatar.provider_session_id)
        self._events.emit(AvatarAnswered())
        return None

    def _on_connected(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity not in self._usage:
            return
        avatar = self.find(participant.identity)
        self._usage.joined(participant.identity, dismissed=avatar is None)
        logger.info(
            "avatar joined",
            extra={
                "event": "avatar_joined",
                "avatar_session_id": self._usage.session_of(participant.identity),
                "in_use": avatar is not None,
            },
        )
        self._events.emit(AvatarJoined())
        if avatar is None:
            # It joined too late, or came back after it was removed.
            self._remove(participant.identity)
            return
        for other in [one for one in self.current if one is not avatar]:
            self._dismiss(other)
        if self._joined is not None and not self._joined.done():
            self._joined.set_result(avatar)


def _may_succeed_if_repeated(error: AvatarError) -> bool:
    """Return False if Beyond Presence refused the request itself (4xx)."""
    return not (isinstance(error, AvatarRejected) and error.status < 500)
