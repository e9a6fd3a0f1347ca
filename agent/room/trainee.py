"""The trainee in the room: when they arrive, when they can hear, and how they leave.

Leaving on purpose and losing a connection are told apart here and never mixed: the first has a
grace to come back in, the second has already been held by LiveKit for about 20 s.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from livekit import rtc
from livekit.agents.types import TOPIC_CHAT
from livekit.agents.voice.room_io import ATTRIBUTE_PUBLISH_ON_BEHALF

from agent.core import end_reasons
from agent.core.end_reasons import Ending
from agent.core.log import log_task_failure, logger
from agent.room.contract import (
    ATTRIBUTE_CLIENT,
    CLIENT_AVATAR_GREETING,
    RPC_CAN_HEAR,
    RPC_END_GREETING,
)

_SETTLE_S = 0.4
"""A client that reports nothing is spoken to this long after voice and trainee are both there; the
sound itself takes another 0.1 s, which makes it half a second."""

_FIRST_REPORT_S = 5.0
"""Our page that has reported nothing for this long is treated as any other client."""

_LOST_GRACE_S = 3.0
"""A client whose connection was reset joins again within this long, or not at all."""

_TYPED_TIMEOUT_S = 10.0
_TYPED_MAX = 2_000  # characters; more is no question any more

_ANSWER_FIRST_S = 0.1
"""The answer to `end_greeting` is out before the room is closed under it."""

_REASON = re.compile(r"[a-z0-9_.-]{1,64}")


class Heard(Protocol):
    """Whoever is to be heard."""

    @property
    def identity(self) -> str: ...

    @property
    def there_at(self) -> float:
        """Since when they have been there to be heard, as time.monotonic()."""


class Trainee:
    """The first human participant of a room; whoever else comes is not greeted."""

    def __init__(
        self,
        room: rtc.Room,
        end: Ending,
        on_typed: Callable[[str], Awaitable[None]],
        *,
        return_grace_s: float,
    ) -> None:
        """Listen from now on; the room must be connected.

        Args:
            room: the greeting's room.
            end: ended by their RPC, or by their leaving.
            on_typed: given every text they type, one after another.
            return_grace_s: how long they may stay away after leaving on purpose.
        """
        self._room = room
        self._on_typed = on_typed
        self._typing = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending = end
        self._return_grace_s = return_grace_s
        self._arrived: asyncio.Future[rtc.RemoteParticipant] = (
            asyncio.get_running_loop().create_future()
        )
        self._arrived_at = 0.0
        self._leaving: asyncio.TimerHandle | None = None
        self.absent = asyncio.Event()
        """Set while they are not in the room."""
        self.absent.set()
        self._here = asyncio.Event()
        self._reported = asyncio.Event()
        self._sound_unlocked = False
        self._hears: frozenset[str] = frozenset()
        self._will_read = False
        room.local_participant.register_rpc_method(RPC_CAN_HEAR, self._on_can_hear)
        room.local_participant.register_rpc_method(RPC_END_GREETING, self._on_end_greeting)
        room.register_text_stream_handler(TOPIC_CHAT, self._on_text)
        room.on("participant_connected", self._on_connected)
        room.on("participant_disconnected", self._on_disconnected)
        for participant in room.remote_participants.values():
            self._on_connected(participant)

    @property
    def identity(self) -> str | None:
        """Their identity once they have come."""
        return self._arrived.result().identity if self._arrived.done() else None

    async def arrives(self, timeout_s: float) -> rtc.RemoteParticipant:
        """Wait until they are in the room.

        Raises:
            TimeoutError: they did not come in time.
        """
        async with asyncio.timeout(timeout_s):
            return await asyncio.shield(self._arrived)

    async def can_hear(self, speaker: Heard, timeout_s: float) -> None:
        """Wait until what `speaker` says now would be heard; at most `timeout_s` for who is here.

        Our page says so itself (sound unlocked, speaker's track subscribed). Any other client gets
        a moment to subscribe. Who leaves meanwhile is waited for: nothing is said to an empty
        room, and who stays away ends the greeting.
        """
        while True:
            await self._here.wait()
            if not self._will_read:
                await self._would_soon_hear(speaker, timeout_s)
            if self._here.is_set():
                return

    async def _would_soon_hear(self, speaker: Heard, timeout_s: float) -> None:
        ours = self._arrived.result().attributes.get(ATTRIBUTE_CLIENT) == CLIENT_AVATAR_GREETING
        both_there_at = max(self._arrived_at, speaker.there_at)
        first_s = both_there_at + (_FIRST_REPORT_S if ours else _SETTLE_S) - time.monotonic()
        try:
            async with asyncio.timeout(max(first_s, 0)):
                await self._reported.wait()
        except TimeoutError:
            if ours:
                logger.warning("the page never said that it can hear; greeting all the same")
            return
        try:
            async with asyncio.timeout(timeout_s):
                while not (self._will_read or self._would_hear(speaker)):
                    self._reported.clear()
                    await self._reported.wait()
        except TimeoutError:
            logger.warning(
                "the page still cannot hear; greeting all the same, with captions",
                extra={"sound_unlocked": self._sound_unlocked, "waited_s": timeout_s},
            )

    def will_read(self) -> None:
        """Nothing will be heard: nobody is waited for until they could hear it."""
        self._will_read = True
        self._reported.set()

    def _would_hear(self, speaker: Heard) -> bool:
        return self._sound_unlocked and speaker.identity in self._hears

    def _on_connected(self, participant: rtc.RemoteParticipant) -> None:
        if not is_human(participant):
            return
        if not self._arrived.done():
            self._arrived.set_result(participant)
        if participant.identity == self.identity:
            self._arrived_at = time.monotonic()
            self.absent.clear()
            self._here.set()
            if self._leaving is not None:
                self._leaving.cancel()
                self._leaving = None
                logger.info("trainee came back")

    def _on_disconnected(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity != self.identity:
            return
        on_purpose = participant.disconnect_reason == rtc.DisconnectReason.CLIENT_INITIATED
        # Another tab has their seat: LiveKit closes the first before the second is through to it.
        moving = participant.disconnect_reason == rtc.DisconnectReason.DUPLICATE_IDENTITY
        grace_s = self._return_grace_s if on_purpose or moving else _LOST_GRACE_S
        reason = end_reasons.TRAINEE_LEFT if on_purpose else end_reasons.CONNECTION_LOST
        logger.info("trainee is gone", extra={"reason": reason, "grace_s": grace_s})
        self.absent.set()
        self._here.clear()
        # Whoever comes back has a new page, which has yet to say what it hears.
        self._sound_unlocked, self._hears = False, frozenset()
        if not self._will_read:
            self._reported.clear()
        if self._leaving is not None:
            self._leaving.cancel()
        loop = asyncio.get_running_loop()
        self._leaving = loop.call_later(grace_s, self._end_unless_back, reason)

    def _end_unless_back(self, reason: str) -> None:
        if self.identity not in self._room.remote_participants:
            self._ending.end(reason)

    async def _on_can_hear(self, call: rtc.RpcInvocationData) -> str:
        if not self._is_from_human(call):
            return "ignored"
        try:
            report = json.loads(call.payload)
            self._sound_unlocked = report["sound_unlocked"] is True
            self._hears = frozenset(map(str, report["audio_from"]))
        except (ValueError, KeyError, TypeError):
            logger.warning("a can_hear report was not readable")
            raise rtc.RpcError(
                rtc.RpcError.ErrorCode.APPLICATION_ERROR,
                'expected {"sound_unlocked": bool, "audio_from": [identity]}',
            ) from None
        self._reported.set()
        return "ok"

    async def _on_end_greeting(self, call: rtc.RpcInvocationData) -> str:
        if not self._is_from_human(call):
            return "ignored"
        try:
            reason = str(json.loads(call.payload or "{}").get("reason"))
        except (ValueError, AttributeError):
            reason = ""
        if not _REASON.fullmatch(reason) or reason in end_reasons.RESTARTABLE:
            reason = end_reasons.CONTINUE
        asyncio.get_running_loop().call_later(_ANSWER_FIRST_S, self._ending.end, reason)
        return "ok"

    def _on_text(self, reader: rtc.TextStreamReader, identity: str) -> None:
        task = asyncio.create_task(self._read(reader, identity), name="typed_text")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(log_task_failure)

    async def _read(self, reader: rtc.TextStreamReader, identity: str) -> None:
        """Waits for the announcement of its sender; livekit-agents' own handler drops the text."""
        try:
            async with asyncio.timeout(_TYPED_TIMEOUT_S):
                text = await reader.read_all()
                await self.arrives(_TYPED_TIMEOUT_S)
        except (rtc.StreamError, TimeoutError) as e:
            logger.warning("a typed text did not come through", extra={"error": type(e).__name__})
            return
        if identity == self.identity and text.strip():
            async with self._typing:
                await self._on_typed(text[:_TYPED_MAX])

    def _is_from_human(self, call: rtc.RpcInvocationData) -> bool:
        participant = self._room.remote_participants.get(call.caller_identity)
        return participant is not None and is_human(participant)


def is_human(participant: rtc.RemoteParticipant) -> bool:
    """Neither an agent nor its avatar, nor a recorder."""
    return (
        participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD
        and ATTRIBUTE_PUBLISH_ON_BEHALF not in participant.attributes
    )
