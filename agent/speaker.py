"""Who speaks: the avatar while it can, the agent's own voice otherwise.

The session's speech goes down one chain whose tail is swapped here and nowhere else. The order and
the swap without an interruption were run against livekit-agents 1.8.9: interrupting while the old
tail has part of a speech leaves every later one stuck (shared/facts/livekit.md, section 7).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine

from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice.io import AudioOutput

from agent.avatar import BeyondPresenceAvatar
from agent.errors import AvatarError, AvatarRejected, AvatarTimeout
from agent.log import log_failure, logger
from agent.outcomes.record import Mode
from agent.page import Page
from agent.room_api import RoomApi
from agent.room_contract import ATTRIBUTE_MODE
from agent.settings import WorkerSettings

_ROOM_IS_GONE = (rtc.DisconnectReason.ROOM_DELETED, rtc.DisconnectReason.ROOM_CLOSED)
"""An avatar that leaves for this has not failed: everybody leaves."""


class Speaker:
    """The speaking side of one greeting."""

    def __init__(
        self,
        room: rtc.Room,
        livekit: RoomApi,
        session: AgentSession[None],
        settings: WorkerSettings,
        page: Page,
        *,
        avatar_id: str,
        on_fault: Callable[[str, int | None], None],
    ) -> None:
        """Ask for the avatar; the room must be connected, the session may still be starting.

        Args:
            avatar_id: the provider's id of whom to ask for.
            on_fault: given a short sentence, and an HTTP status if any, when the avatar failed.
        """
        self._room = room
        self._livekit = livekit
        self._session = session
        self._page = page
        self._on_fault = on_fault
        self._avatar = BeyondPresenceAvatar(settings, avatar_id)
        self._voice: AudioOutput | None = None
        self._bringing: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._abandoned = False
        self._joined_at: float | None = None
        self.mode: Mode = "voice"
        self.why_voice = ""
        """Why the avatar is not the one who speaks; empty while it is or may still come."""
        self._past_avatar_seconds = 0.0
        self._avatar_heard_at: float | None = None
        self._voice_heard_at: float | None = None
        self._room.on("participant_connected", self._on_connected)
        self._room.on("track_published", self._on_track)
        self._room.on("local_track_published", self._on_own_track)
        self._room.on("participant_disconnected", self._on_disconnected)
        self._avatar.ask()

    @property
    def identity(self) -> str:
        """The participant whose sound the trainee must be subscribed to."""
        if self.mode == "avatar":
            return self._avatar.avatar_identity
        return self._room.local_participant.identity

    @property
    def avatar_seconds(self) -> float:
        """How long the avatar has been in the room until now."""
        here_s = 0.0 if self._joined_at is None else time.monotonic() - self._joined_at
        return self._past_avatar_seconds + here_s

    @property
    def provider_session_id(self) -> str | None:
        """Beyond Presence's id of its session, for the operator."""
        return self._avatar.provider_session_id

    @property
    def there_at(self) -> float:
        """Since when whoever speaks can be heard, as time.monotonic(); now while they cannot."""
        published_at = self._avatar_heard_at if self.mode == "avatar" else self._voice_heard_at
        return time.monotonic() if published_at is None else published_at

    def bring_avatar(self) -> None:
        """Take over the started, silent session's speech; `settle` says who got it."""
        self._voice = _tail_of(self._session.output.audio)
        self._bringing = asyncio.create_task(self._bring(), name="bring_avatar")
        self._bringing.add_done_callback(log_failure)

    async def settle(self, deadline_s: float) -> None:
        """Wait until it is decided who speaks; after `deadline_s` it is the voice."""
        if self._bringing is not None:
            try:
                await asyncio.wait_for(asyncio.shield(self._bringing), deadline_s)
            except TimeoutError:
                await self._give_avatar_up(
                    AvatarTimeout(f"the avatar did not join within {deadline_s:g} s")
                )
        self._announce()

    async def close(self) -> None:
        """Remove the avatar from the room, if it is there, and forget it."""
        self._abandoned = True
        if self._bringing is not None:
            self._bringing.cancel()
        self._note_departure()
        await self._avatar.aclose()
        for task in list(self._tasks):
            task.cancel()

    async def _bring(self) -> None:
        try:
            await self._avatar.bring(self._session, self._room)
            self.mode = "avatar"
            await self._avatar.joined()
        except AvatarError as e:
            await self._give_avatar_up(e)
        except Exception as e:  # noqa: BLE001  a task's edge: whatever the plugin does, somebody speaks
            logger.exception("the avatar's plugin failed")
            await self._give_avatar_up(AvatarError(f"its plugin failed: {type(e).__name__}"))

    async def _give_avatar_up(self, error: AvatarError) -> None:
        """Voice from here on; nothing may be playing yet."""
        self._abandoned = True
        if self._bringing is not None and self._bringing is not asyncio.current_task():
            self._bringing.cancel()
        logger.warning(
            "no avatar, greeting by voice: %s",
            error,
            extra={
                "avatar_session_id": self.provider_session_id,
                "provider_answer": error.body if isinstance(error, AvatarRejected) else None,
            },
        )
        self._speak_by_voice(str(error))
        refused = error.status if isinstance(error, AvatarRejected) else None
        self._on_fault(type(error).__name__, refused)
        await self._avatar.aclose()

    def _speak_by_voice(self, why: str) -> None:
        self.mode = "voice"
        self.why_voice = why
        if self._voice is not None:
            self._session.output.replace_audio_tail(self._voice)

    def _announce(self) -> None:
        self._page.tell({ATTRIBUTE_MODE: self.mode})

    def _on_connected(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity != self._avatar.avatar_identity:
            return
        self._joined_at = time.monotonic()
        logger.info(
            "avatar joined",
            extra={"avatar_session_id": self.provider_session_id, "in_use": not self._abandoned},
        )
        if self._abandoned:
            # Too late, or back after it was removed: an avatar nobody looks at costs money.
            self._hold(self._livekit.remove(self._avatar.avatar_identity))

    def _on_track(
        self, track: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
    ) -> None:
        if (
            participant.identity == self._avatar.avatar_identity
            and track.kind == rtc.TrackKind.KIND_AUDIO
        ):
            self._avatar_heard_at = time.monotonic()

    def _on_own_track(self, *_: object) -> None:
        self._voice_heard_at = time.monotonic()

    def _on_disconnected(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity != self._avatar.avatar_identity:
            return
        self._note_departure()
        with_the_room = participant.disconnect_reason in _ROOM_IS_GONE
        if self.mode == "avatar" and not self._abandoned and not with_the_room:
            logger.warning(
                "the avatar left, going on by voice",
                extra={"avatar_session_id": self.provider_session_id},
            )
            self._abandoned = True
            self._speak_by_voice("the avatar left")
            self._on_fault("AvatarLeft", None)
            self._announce()

    def _note_departure(self) -> None:
        self._past_avatar_seconds = self.avatar_seconds
        self._joined_at = None

    def _hold(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(log_failure)


def _tail_of(output: AudioOutput | None) -> AudioOutput | None:
    """The room's own sink at the bottom of the chain; None where there is no sound at all."""
    while output is not None and output.next_in_chain is not None:
        output = output.next_in_chain
    return output
