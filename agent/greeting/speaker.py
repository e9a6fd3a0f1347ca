"""Who speaks: the avatar while it can, the agent's own voice otherwise, and text where none can.

The session's speech goes down one chain whose tail is swapped here and nowhere else: to an avatar
once it is in the room, with picture and sound, and nothing is playing; back to the voice at any
moment, and without an interruption, for interrupting while the old tail has part of a speech leaves
every later one stuck (run against livekit-agents 1.8.9; shared/facts/livekit.md, section 7).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine

from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice.io import AudioOutput

from agent.avatar.beyond_presence import BeyondPresenceAvatar
from agent.avatar.usage import AvatarSeats
from agent.core.errors import AvatarError, AvatarRejected, AvatarTimeout
from agent.core.log import log_task_failure, logger
from agent.core.settings import WorkerSettings
from agent.core.types import Mode
from agent.room.contract import ATTRIBUTE_MODE, ATTRIBUTE_MODE_REASON
from agent.room.page_attributes import Page
from agent.room.room_api import RoomApi

_ROOM_IS_GONE = (rtc.DisconnectReason.ROOM_DELETED, rtc.DisconnectReason.ROOM_CLOSED)
"""An avatar that leaves for this has not failed: everybody leaves."""
_LATE_S = 45.0
"""An avatar that has not come by then after it was asked for is not waited for any longer."""
_WORTH_IT_S = 90.0
"""One that was lost is asked for again only where the greeting may last this much longer."""


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
        may_be_avatar: bool,
        longest_s: float,
        on_fault: Callable[[str, int | None], None],
        on_lost: Callable[[], None],
        on_moment: Callable[[str], None],
    ) -> None:
        """Ask for the avatar; the room must be connected, the session may still be starting.

        Args:
            avatar_id: the provider's id of whom to ask for.
            may_be_avatar: False where the day's budget is spent: the voice greets.
            longest_s: how long the greeting may last from now.
            on_fault: given a short word, and an HTTP status if any, when the avatar failed.
            on_lost: called when what was being said was not heard to its end.
            on_moment: told `avatar_asked` and `avatar_joined`.
        """
        self._room = room
        self._livekit = livekit
        self._session = session
        self._settings = settings
        self._page = page
        self._avatar_id = avatar_id
        self._until = time.monotonic() + longest_s
        self._on_fault = on_fault
        self._on_lost = on_lost
        self._on_moment = on_moment
        self._avatar: BeyondPresenceAvatar | None = None
        self._voice: AudioOutput | None = None
        self._arriving: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._tried_again = False
        self._seats = AvatarSeats()
        self._provider_session_id: str | None = None
        self._avatar_heard_at: float | None = None
        self._voice_heard_at: float | None = None
        self.mode: Mode = "voice"
        self.why = ""
        """Why it is not the avatar who speaks, as `greeting.mode_reason` has it."""
        self._room.on("participant_connected", self._on_connected)
        self._room.on("track_published", self._on_track)
        self._room.on("local_track_published", self._on_own_track)
        self._room.on("participant_disconnected", self._on_disconnected)
        if may_be_avatar:
            self._ask()
        else:
            self.why, self._tried_again = "avatar_budget", True

    @property
    def identity(self) -> str:
        """The participant whose sound the trainee must be subscribed to."""
        if self.mode == "avatar" and self._avatar is not None:
            return self._avatar.avatar_identity
        return self._room.local_participant.identity

    @property
    def avatar_seconds(self) -> float:
        """How long avatars have been in the room until now."""
        return self._seats.seconds

    @property
    def provider_session_id(self) -> str | None:
        """Beyond Presence's id of its last session, for the operator."""
        current = self._avatar.provider_session_id if self._avatar else None
        return current or self._provider_session_id

    @property
    def there_at(self) -> float:
        """Since when whoever speaks can be heard, as time.monotonic(); now while they cannot."""
        published_at = self._avatar_heard_at if self.mode == "avatar" else self._voice_heard_at
        return time.monotonic() if published_at is None else published_at

    def await_avatar(self) -> None:
        """Wait for the avatar from now on; the session is started, and silent."""
        self._voice = _tail_of(self._session.output.audio)
        if self._avatar is not None:
            self._arriving = asyncio.create_task(self._avatar.arrives(self._room), name="arrives")

    async def settle(self, deadline_s: float) -> None:
        """Wait until it is decided who speaks; after `deadline_s` it is the voice, for now."""
        avatar, arriving = self._avatar, self._arriving
        if avatar is not None and arriving is not None:
            await asyncio.wait({arriving}, timeout=deadline_s)
            if self._avatar is not avatar:
                pass  # dismissed meanwhile: nobody can speak
            elif not arriving.done():
                logger.warning(
                    "the avatar did not come within %g s: greeting by voice until it does",
                    deadline_s,
                    extra={"avatar_session_id": self.provider_session_id},
                )
                self.why = "avatar_late"
                self._on_fault("AvatarLate", None)
                self._hold(self._hand_over_late(avatar, arriving))
            else:
                await self._hand_over_now(avatar, arriving)
        self._announce()

    async def _hand_over_now(
        self, avatar: BeyondPresenceAvatar, arrived: asyncio.Task[None]
    ) -> None:
        try:
            await arrived
            await self._hand_over_to(avatar)
        except AvatarError as e:
            self._give_up(e)
        except Exception as e:  # noqa: BLE001  whatever the plugin does, somebody speaks
            logger.exception("the avatar's plugin failed")
            self._give_up(AvatarError(f"its plugin failed: {type(e).__name__}"))

    def fall_silent(self) -> None:
        """No voice is to be had any more: what is said is read, and no avatar is paid for."""
        if self.mode == "avatar" and self._voice is not None:
            # What it has of a line would be waited for, and nothing said or written until then.
            self._session.output.replace_audio_tail(self._voice)
        self.mode, self.why = "text", "speech_failed"
        self._session.output.set_audio_enabled(False)
        self._tried_again = True
        self._dismiss()
        self._announce()

    async def close(self) -> None:
        """Forget the avatar, and remove it from the room if it is there."""
        self._tried_again = True
        avatar, self._avatar = self._avatar, None
        if avatar is not None:
            self._provider_session_id = avatar.provider_session_id
            await avatar.aclose()
        self._seats.leave_all()
        for task in [*self._tasks, *([self._arriving] if self._arriving else [])]:
            task.cancel()

    def _ask(self) -> None:
        self._avatar = BeyondPresenceAvatar(self._settings, self._avatar_id)
        self._seats.expect(self._avatar.avatar_identity)
        self._avatar.ask()
        self._on_moment("avatar_asked")

    async def _hand_over_to(self, avatar: BeyondPresenceAvatar) -> None:
        # What is said to an avatar that is not there waits for it, without limit.
        if avatar.avatar_identity not in self._room.remote_participants:
            raise AvatarError("it left again before it could speak")
        await avatar.take_over(self._session, self._room, lambda: self._on_stall(avatar))
        self.mode, self.why = "avatar", ""

    async def _hand_over_late(
        self, avatar: BeyondPresenceAvatar, arriving: asyncio.Task[None]
    ) -> None:
        """Let an avatar that comes while the voice speaks take over at the next line."""
        try:
            async with asyncio.timeout(_LATE_S):
                await asyncio.shield(arriving)
                await self._session.wait_for_idle()
            if not self._room.isconnected():
                return
            if self._avatar is not avatar:
                return  # dismissed meanwhile: nobody can speak
            await self._hand_over_to(avatar)
        except TimeoutError:
            self._give_up(AvatarTimeout(f"the avatar did not come within {_LATE_S:g} s"))
        except AvatarError as e:
            self._give_up(e)
        except Exception as e:  # noqa: BLE001  whatever the plugin does, nobody is paid for nothing
            logger.exception("the avatar's plugin failed")
            self._give_up(AvatarError(f"its plugin failed: {type(e).__name__}"))
        else:
            logger.info(
                "the avatar came late and takes over",
                extra={"avatar_session_id": self.provider_session_id},
            )
            self._announce()

    def _give_up(self, error: AvatarError) -> None:
        """No avatar is to be had; the voice speaks."""
        logger.warning(
            "no avatar, greeting by voice: %s",
            error,
            extra={
                "avatar_session_id": self.provider_session_id,
                "provider_answer": error.body if isinstance(error, AvatarRejected) else None,
            },
        )
        rejected = error.status if isinstance(error, AvatarRejected) else None
        self._on_fault(type(error).__name__, rejected)
        if self.mode != "text":
            self.why = "avatar_late" if isinstance(error, AvatarTimeout) else "avatar_refused"
        self._dismiss()

    def _lose(self, avatar: BeyondPresenceAvatar, *, error: str, why: str) -> None:
        """The avatar who spoke does so no more: the voice goes on."""
        if avatar is not self._avatar or self.mode != "avatar":
            return
        logger.warning(
            "%s, going on by voice",
            "the avatar left" if why == "avatar_left" else "the avatar plays nothing",
            extra={"avatar_session_id": self.provider_session_id},
        )
        self.mode, self.why = "voice", why
        if self._voice is not None:
            self._session.output.replace_audio_tail(self._voice)
        self._on_fault(error, None)
        self._dismiss()
        self._announce()
        self._on_lost()
        worth_it = time.monotonic() + _WORTH_IT_S < self._until
        if why == "avatar_left" and not self._tried_again and worth_it:
            self._tried_again = True
            self._ask()
            again = self._avatar
            assert again is not None
            self._arriving = asyncio.create_task(again.arrives(self._room), name="arrives_again")
            self._hold(self._hand_over_late(again, self._arriving))

    def _dismiss(self) -> None:
        """An avatar nobody looks at costs money."""
        avatar, self._avatar = self._avatar, None
        if avatar is None:
            return
        self._provider_session_id = avatar.provider_session_id
        if self._arriving is not None:
            self._arriving.cancel()
        self._hold(avatar.aclose())
        if avatar.avatar_identity in self._room.remote_participants:
            self._hold(self._livekit.remove(avatar.avatar_identity))

    def _announce(self) -> None:
        self._page.tell({ATTRIBUTE_MODE: self.mode, ATTRIBUTE_MODE_REASON: self.why})

    def _on_stall(self, avatar: BeyondPresenceAvatar) -> None:
        self._lose(avatar, error="AvatarStalled", why="avatar_stalled")

    def _on_connected(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity not in self._seats:
            return
        self._seats.take(participant.identity)
        self._on_moment("avatar_joined")
        wanted = self._avatar is not None and self._avatar.avatar_identity == participant.identity
        logger.info(
            "avatar joined",
            extra={"avatar_session_id": self.provider_session_id, "in_use": wanted},
        )
        if not wanted:
            # Too late, or back after it was removed.
            self._hold(self._livekit.remove(participant.identity))

    def _on_track(
        self, track: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
    ) -> None:
        if participant.identity in self._seats and track.kind == rtc.TrackKind.KIND_AUDIO:
            self._avatar_heard_at = time.monotonic()

    def _on_own_track(self, *_: object) -> None:
        self._voice_heard_at = time.monotonic()

    def _on_disconnected(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity not in self._seats:
            return
        self._seats.leave(participant.identity)
        avatar = self._avatar
        ours = avatar is not None and avatar.avatar_identity == participant.identity
        if avatar is None or not ours or participant.disconnect_reason in _ROOM_IS_GONE:
            return
        if self.mode == "voice" and self._arriving is not None and self._arriving.done():
            # It was there, waiting for the trainee, and may come again.
            self._arriving = asyncio.create_task(avatar.arrives(self._room), name="arrives")
        self._lose(avatar, error="AvatarLeft", why="avatar_left")

    def _hold(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(log_task_failure)


def _tail_of(output: AudioOutput | None) -> AudioOutput | None:
    """The room's own sink at the bottom of the chain; None where there is no sound at all."""
    while output is not None and output.next_in_chain is not None:
        output = output.next_in_chain
    return output
