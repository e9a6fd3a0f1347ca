"""Decides when the avatar speaks: from the opening on, later, or not at all.

`agent.greeting.avatar_requests` requests avatars. An avatar that joins late takes over between two
lines. If an avatar is lost while it speaks, `behaviours.fall_back_to_voice` decides what happens.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Final

from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice.agent_activity import ActivityClosedError

from agent.avatar.beyond_presence import BeyondPresenceAvatar
from agent.conversation.state import GreetingState
from agent.core.errors import AvatarError, AvatarRejected, AvatarTimeout
from agent.core.events import AvatarLost, AvatarStalled, ProviderFailed
from agent.core.log import logger
from agent.core.settings import WorkerSettings
from agent.core.tasks import TaskSet
from agent.greeting.audibility import Audibility
from agent.greeting.avatar_requests import Arrival, AvatarRequests
from agent.greeting.output import Output
from agent.room.room_api import RoomApi

_ROOM_CLOSED: Final = (rtc.DisconnectReason.ROOM_DELETED, rtc.DisconnectReason.ROOM_CLOSED)
"""An avatar that leaves for one of these reasons has not failed."""
_RECEIVE_S: Final = 1.5
"""How long a page that receives the agent's sound may take to receive the avatar's, too. It takes
0.1 to 0.3 s, and several seconds on a server that starts ten greetings at once."""
_LATE_LIMIT_S: Final = 45.0
"""How long to wait for an avatar that takes over, from AVATAR_DEADLINE_S or `request_again` on."""
_IDLE_RETRY_S: Final = 0.2


class GreetingAvatar:
    """Emits `AvatarLost` and `ProviderFailed`."""

    def __init__(
        self,
        room: rtc.Room,
        livekit: RoomApi,
        session: AgentSession[GreetingState],
        output: Output,
        audibility: Audibility,
        settings: WorkerSettings,
    ) -> None:
        self._room = room
        self._session = session
        self._output = output
        self._audibility = audibility
        self._state = session.userdata
        self._events = self._state.events
        self._requests = AvatarRequests(room, livekit, self._state, settings)
        self._arriving: Arrival | None = None
        self._requested_again = False
        self._requested_at = 0.0
        self._tasks = TaskSet()
        room.on("participant_disconnected", self._on_disconnected)
        self._events.on(AvatarStalled, self._on_stalled)

    def request(self, requested: BeyondPresenceAvatar | None = None) -> None:
        """Request the avatar, or use `requested`, unless today's avatar budget is used up."""
        if not self._state.avatar_allowed:
            logger.warning(
                "AVATAR_MINUTES_PER_DAY is used up; greeting by voice until tomorrow (UTC)",
                extra={"event": "avatar_budget_used"},
            )
            self._events.emit(ProviderFailed("avatar", "budget"))
            return
        self._arriving = self._requests.start(requested)
        self._requested_at = self._requests.current[0].created_at

    async def settle(self, deadline_s: float) -> None:
        """Decide whether the avatar or the voice says the opening.

        Args:
            deadline_s: an avatar that joins later than this after its request takes over later.
                The steps of the start in between count, because the trainee waits for them, too.
        """
        if not self._state.avatar_allowed:
            self._output.use_voice("avatar_budget")
        arriving = self._arriving
        if arriving is None:
            return
        left_s = self._requested_at + deadline_s - time.monotonic()
        await asyncio.wait({arriving}, timeout=max(left_s, 0))
        if not self._requests.current:
            return  # dismissed meanwhile, because no voice is left
        if arriving.done():
            try:
                await self._output.use_avatar(arriving.result())
            except AvatarError as e:
                self._give_up(e)
            else:
                self._tasks.start(self._check_heard(arriving), name="check_avatar_heard")
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

    async def _check_heard(self, arrived: Arrival) -> None:
        """Let the voice begin if the page receives only its sound."""
        avatar, voice = arrived.result().avatar_identity, self._room.local_participant.identity
        await self._audibility.wait_for_audio_from(avatar, voice)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_RECEIVE_S):
                await self._audibility.wait_for_audio_from(avatar)
        heard = self._audibility.has_audio_from
        if heard(avatar) or not heard(voice):
            return
        if self._state.mode != "avatar" or self._state.opened_at is not None:
            return
        logger.warning(
            "the page does not receive the avatar's sound yet; greeting by voice until it does. "
            "If this repeats, check the load of LiveKit's servers",
            extra={
                "event": "avatar_not_received",
                "limit_s": _RECEIVE_S,
                "avatar_session_id": self._state.avatar_usage.provider_session_id,
            },
        )
        self._output.use_voice("avatar_late")
        await self._use_late(arrived)

    def request_again(self) -> None:
        """Request another avatar, once in a greeting; it takes over when it has joined.

        Do nothing in text mode, which is final: an avatar would be charged and never speak.
        """
        if self._requested_again or self._state.mode == "text":
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
        self._requests.dismiss_all()

    def stop_speaking(self) -> None:
        """End the avatar's speech without waiting for it; it leaves with the room."""
        for avatar in self._requests.current:
            avatar.stop_speaking()

    async def close(self) -> None:
        await self._requests.close()
        if self._arriving is not None:
            self._arriving.cancel()
        self._tasks.cancel()

    async def _use_late(self, arriving: Arrival) -> None:
        """Let an avatar take over from the voice between two lines."""
        try:
            async with asyncio.timeout(_LATE_LIMIT_S):
                avatar = await asyncio.shield(arriving)
                await self._audibility.wait_for_audio_from(avatar.avatar_identity)
                await self._wait_for_idle()
            if avatar not in self._requests.current or self._is_over:
                return
            await self._output.use_avatar(avatar)
        except TimeoutError:
            failed = "was not heard" if arriving.done() else "did not join"
            self._give_up(AvatarTimeout(f"the avatar {failed} within {_LATE_LIMIT_S:g} s"))
        except AvatarError as e:
            if not self._is_over:
                self._give_up(e)
        else:
            logger.info(
                "the avatar joined late and takes over",
                extra={
                    "event": "avatar_took_over",
                    "avatar_session_id": self._state.avatar_usage.provider_session_id,
                },
            )

    @property
    def _is_over(self) -> bool:
        return self._state.end_reason is not None or not self._room.isconnected()

    async def _wait_for_idle(self) -> None:
        while self._state.end_reason is None:
            try:
                await self._session.wait_for_idle()
            except (ActivityClosedError, RuntimeError):
                # The session is closing, or another agent takes over.
                await asyncio.sleep(_IDLE_RETRY_S)
            else:
                return

    def _give_up(self, error: AvatarError) -> None:
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

    def _on_disconnected(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity not in self._state.avatar_usage:
            return
        self._state.avatar_usage.left(participant.identity)
        avatar = self._requests.find(participant.identity)
        if avatar is None or participant.disconnect_reason in _ROOM_CLOSED:
            return
        if self._state.mode == "avatar":
            self._events.emit(AvatarLost("AvatarLeft", "avatar_left"))
        elif self._arriving is not None and self._arriving.done():
            # It was ready before the opening, and may join again.
            self._arriving = self._requests.wait_for_return(avatar)

    def _on_stalled(self, event: AvatarStalled) -> None:
        if self._requests.find(event.identity) is not None and self._state.mode == "avatar":
            self._events.emit(AvatarLost("AvatarStalled", "avatar_stalled"))
