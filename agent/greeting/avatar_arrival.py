"""Brings the avatar into the room: requests it, waits for it, and lets it speak once it is there.

An avatar that joins late takes over between two lines. If an avatar is lost while it speaks,
`behaviours.fall_back_to_voice` decides what happens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice.agent_activity import ActivityClosedError

from agent.avatar.beyond_presence import BeyondPresenceAvatar
from agent.conversation.state import GreetingState
from agent.core.errors import AvatarError, AvatarRejected, AvatarTimeout
from agent.core.events import (
    AvatarAnswered,
    AvatarJoined,
    AvatarLost,
    AvatarRequested,
    AvatarStalled,
    Events,
    ProviderFailed,
)
from agent.core.log import logger
from agent.core.settings import WorkerSettings
from agent.core.task_set import TaskSet
from agent.greeting.first_avatar import avatar_of
from agent.greeting.output import Output
from agent.room.room_api import RoomApi

_ROOM_CLOSED: Final = (rtc.DisconnectReason.ROOM_DELETED, rtc.DisconnectReason.ROOM_CLOSED)
"""An avatar that leaves for one of these reasons has not failed."""
_LATE_LIMIT_S: Final = 45.0
"""How long to wait for an avatar that takes over, from AVATAR_DEADLINE_S or `request_again` on."""
_IDLE_RETRY_S: Final = 0.2
_SECOND_REQUEST_AFTER_S: Final = 0.3
"""Grace period for an avatar whose request failed."""


class AvatarArrival:
    """The avatars of one greeting.

    Emits `AvatarRequested`, `AvatarAnswered`, `AvatarJoined`, `AvatarLost` and `ProviderFailed`.
    """

    def __init__(
        self,
        room: rtc.Room,
        livekit: RoomApi,
        session: AgentSession[GreetingState],
        output: Output,
        settings: WorkerSettings,
        events: Events,
    ) -> None:
        """Watch the room for avatars; it must be connected."""
        self._room = room
        self._livekit = livekit
        self._session = session
        self._output = output
        self._settings = settings
        self._events = events
        self._state = session.userdata
        self._avatars: list[BeyondPresenceAvatar] = []
        """Requested and not dismissed: one, or two until one of them joins."""
        self._joined: asyncio.Future[BeyondPresenceAvatar] | None = None
        self._arriving: asyncio.Task[BeyondPresenceAvatar] | None = None
        self._requested_again = False
        self._tasks = TaskSet()
        room.on("participant_connected", self._on_connected)
        room.on("participant_disconnected", self._on_disconnected)
        events.on(AvatarStalled, self._on_stalled)

    def request(self, requested: BeyondPresenceAvatar | None = None) -> None:
        """Request the avatar of the script, unless today's avatar budget is used up.

        Args:
            requested: an avatar whose request has been started already; it may have joined.
        """
        if not self._state.avatar_allowed:
            logger.warning(
                "AVATAR_MINUTES_PER_DAY is used up; greeting by voice until tomorrow (UTC)",
                extra={"event": "avatar_budget_used"},
            )
            self._events.emit(ProviderFailed("avatar", "budget"))
            return
        avatar = requested or avatar_of(self._settings, self._state.script)
        if requested is None:
            avatar.start_request()
        self._joined = asyncio.get_running_loop().create_future()
        self._expect(avatar)
        self._arriving = self._wait_for(self._arrival_of(avatar, self._joined))

    def watch(self) -> None:
        """Let avatars speak from now on; the session is started and silent."""
        self._output.remember_voice()

    async def settle(self, deadline_s: float) -> None:
        """Decide whether the avatar or the voice says the opening.

        Args:
            deadline_s: an avatar that is not there by then takes over later.
        """
        if not self._state.avatar_allowed:
            self._output.use_voice("avatar_budget")
        arriving = self._arriving
        if arriving is None:
            return
        await asyncio.wait({arriving}, timeout=deadline_s)
        if not self._avatars:
            return  # dismissed meanwhile, because no voice is left
        if arriving.done():
            await self._use(arriving)
            return
        logger.warning(
            "the avatar did not join in time; greeting by voice until it does. If this repeats, "
            "check LIVEKIT_PUBLIC_URL and Beyond Presence's status page",
            extra={
                "event": "avatar_late",
                "limit_s": deadline_s,
                "avatar_session_id": self._state.avatar_usage.provider_session_id,
            },
        )
        self._output.use_voice("avatar_late")
        self._events.emit(ProviderFailed("avatar", "AvatarLate"))
        self._tasks.start(self._use_late(arriving), name="use_late_avatar")

    def request_again(self) -> None:
        """Request another avatar, once in a greeting; it takes over when it has joined."""
        if self._requested_again:
            return
        self._requested_again = True
        self.request()
        if self._arriving is not None:
            self._tasks.start(self._use_late(self._arriving), name="use_new_avatar")

    def dismiss(self) -> None:
        """Give up the current avatar, and remove it if it is in the room: it is charged."""
        if self._arriving is not None:
            self._arriving.cancel()
            self._arriving = None
        while self._avatars:
            self._dismiss(self._avatars[-1])

    def _dismiss(self, avatar: BeyondPresenceAvatar) -> None:
        self._avatars.remove(avatar)
        self._tasks.start(avatar.aclose(), name="close_avatar")
        if avatar.avatar_identity in self._room.remote_participants:
            self._tasks.start(self._livekit.remove(avatar.avatar_identity), name="remove_avatar")

    def stop_speaking(self) -> None:
        """End the avatar's speech without waiting for it; it leaves with the room."""
        for avatar in self._avatars:
            avatar.stop_speaking()

    async def close(self) -> None:
        """Give up the avatar at the end of the greeting."""
        avatars, self._avatars = self._avatars, []
        await asyncio.gather(*(avatar.aclose() for avatar in avatars))
        self._state.avatar_usage.leave_all()
        if self._arriving is not None:
            self._arriving.cancel()
        self._tasks.cancel()

    def _expect(self, avatar: BeyondPresenceAvatar) -> None:
        """Use this avatar, which has been requested, if no other one joins before it."""
        self._avatars.append(avatar)
        self._state.avatar_usage.request(avatar.avatar_identity)
        self._events.emit(AvatarRequested())
        here = self._room.remote_participants.get(avatar.avatar_identity)
        if here is not None:
            self._on_connected(here)

    def _wait_for(
        self, arrival: Coroutine[Any, Any, BeyondPresenceAvatar]
    ) -> asyncio.Task[BeyondPresenceAvatar]:
        task = asyncio.create_task(arrival, name="wait_for_avatar")
        # Handled by `_use`; if the greeting ends before that, asyncio must not report it.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return task

    async def _arrival_of(
        self, first: BeyondPresenceAvatar, joined: asyncio.Future[BeyondPresenceAvatar]
    ) -> BeyondPresenceAvatar:
        """Return an avatar when it is visible; ask for a second one if the request fails.

        The first one may come all the same. The second one has an identity of its own: with the
        same one, LiveKit would remove the first avatar while it speaks. The first to join is used,
        and the other one is removed as soon as it joins.

        Raises:
            AvatarError: both requests failed, or repeating the first one is useless.
        """
        error = await self._failure_before(joined, first)
        if error is not None and _may_succeed_if_repeated(error):
            await asyncio.wait({joined}, timeout=_SECOND_REQUEST_AFTER_S)
            error = None if joined.done() else await self._failure_of_second(joined, error)
        if error is not None:
            raise error
        return await self._visible(await joined)

    async def _failure_of_second(
        self, joined: asyncio.Future[BeyondPresenceAvatar], error: AvatarError
    ) -> AvatarError | None:
        logger.warning(
            "the request for an avatar failed; requesting another one, and using the first that "
            "joins. If this repeats, check Beyond Presence's status page",
            extra={"event": "avatar_call_retried", "error": str(error)},
        )
        second = avatar_of(self._settings, self._state.script)
        second.start_request()
        self._expect(second)
        return await self._failure_before(joined, second)

    async def _failure_before(
        self, joined: asyncio.Future[BeyondPresenceAvatar], avatar: BeyondPresenceAvatar
    ) -> AvatarError | None:
        """Wait until a request is answered or an avatar joins; return why the request failed."""
        answer = self._tasks.create_task(self._note_answer(avatar), name="await_avatar_answer")
        events: set[asyncio.Future[Any]] = {answer, joined}
        await asyncio.wait(events, return_when=asyncio.FIRST_COMPLETED)
        return None if joined.done() else answer.result()

    async def _note_answer(self, avatar: BeyondPresenceAvatar) -> AvatarError | None:
        """Wait for the answer and record its session id; return the error, if any."""
        try:
            await avatar.request()
        except AvatarError as e:
            return e
        self._state.avatar_usage.answered(avatar.avatar_identity, avatar.provider_session_id)
        self._events.emit(AvatarAnswered())
        return None

    async def _visible(self, avatar: BeyondPresenceAvatar) -> BeyondPresenceAvatar:
        await avatar.wait_until_visible(self._room)
        return avatar

    async def _use(self, arrived: asyncio.Task[BeyondPresenceAvatar]) -> bool:
        try:
            await self._output.use_avatar(await arrived)
        except AvatarError as e:
            self._give_up(e)
        except Exception as e:  # noqa: BLE001  whatever the plugin does, the voice greets the trainee
            logger.exception("the avatar plugin failed", extra={"event": "avatar_plugin_failed"})
            self._give_up(AvatarError(f"the avatar plugin failed: {type(e).__name__}"))
        else:
            return True
        return False

    async def _use_late(self, arriving: asyncio.Task[BeyondPresenceAvatar]) -> None:
        """Let an avatar take over from the voice between two lines."""
        try:
            async with asyncio.timeout(_LATE_LIMIT_S):
                await asyncio.wait({arriving})
                if not arriving.cancelled() and arriving.exception() is None:
                    await self._wait_for_idle()
        except TimeoutError:
            self._give_up(AvatarTimeout(f"the avatar did not join within {_LATE_LIMIT_S:g} s"))
            return
        if arriving.cancelled():
            return
        if arriving.exception() is None and arriving.result() not in self._avatars:
            return  # dismissed meanwhile
        if self._state.end_reason is not None or not self._room.isconnected():
            return
        if await self._use(arriving):
            logger.info(
                "the avatar joined late and takes over",
                extra={
                    "event": "avatar_took_over",
                    "avatar_session_id": self._state.avatar_usage.provider_session_id,
                },
            )

    async def _wait_for_idle(self) -> None:
        """Wait until no line is said, or until the greeting is over."""
        while self._state.end_reason is None:
            try:
                await self._session.wait_for_idle()
            except (ActivityClosedError, RuntimeError):
                # The session is closing, or another agent takes over.
                await asyncio.sleep(_IDLE_RETRY_S)
            else:
                return

    def _give_up(self, error: AvatarError) -> None:
        """Greet without an avatar."""
        rejected = error if isinstance(error, AvatarRejected) else None
        logger.warning(
            "no avatar; greeting by voice; see the error for what to check",
            extra={
                "event": "avatar_failed",
                "error": str(error),
                "avatar_session_id": self._state.avatar_usage.provider_session_id,
                "provider_answer": rejected.body if rejected else None,
            },
        )
        status = rejected.status if rejected else None
        self._events.emit(ProviderFailed("avatar", type(error).__name__, status))
        late = isinstance(error, AvatarTimeout)
        self._output.use_voice("avatar_late" if late else "avatar_refused")
        self.dismiss()

    def _expected(self, identity: str) -> BeyondPresenceAvatar | None:
        return next((one for one in self._avatars if one.avatar_identity == identity), None)

    def _on_connected(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity not in self._state.avatar_usage:
            return
        usage = self._state.avatar_usage
        avatar = self._expected(participant.identity)
        usage.join(participant.identity, dismissed=avatar is None)
        logger.info(
            "avatar joined",
            extra={
                "event": "avatar_joined",
                "avatar_session_id": usage.session_of(participant.identity),
                "in_use": avatar is not None,
            },
        )
        self._events.emit(AvatarJoined())
        if avatar is None:
            # It joined too late, or came back after it was removed.
            self._tasks.start(self._livekit.remove(participant.identity), name="remove_avatar")
            return
        for other in [one for one in self._avatars if one is not avatar]:
            self._dismiss(other)
        if self._joined is not None and not self._joined.done():
            self._joined.set_result(avatar)

    def _on_disconnected(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity not in self._state.avatar_usage:
            return
        self._state.avatar_usage.leave(participant.identity)
        avatar = self._expected(participant.identity)
        if avatar is None:
            return
        if participant.disconnect_reason in _ROOM_CLOSED:
            return
        if self._state.mode == "avatar":
            self._events.emit(AvatarLost("AvatarLeft", "avatar_left"))
        elif self._arriving is not None and self._arriving.done():
            # It was ready before the opening, and may join again.
            self._arriving = self._wait_for(self._visible(avatar))

    def _on_stalled(self, event: AvatarStalled) -> None:
        if self._expected(event.identity) is not None and self._state.mode == "avatar":
            self._events.emit(AvatarLost("AvatarStalled", "avatar_stalled"))


def _may_succeed_if_repeated(error: AvatarError) -> bool:
    """Return False if Beyond Presence refused the request itself (4xx)."""
    return not (isinstance(error, AvatarRejected) and error.status < 500)
