"""Whether the trainee would hear what is said, as their page reports it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from agent.core.events import CanHear, Events, ModeChanged, TraineeLeft
from agent.core.log import logger
from agent.greeting.output import Output
from agent.room.trainee import Trainee

_OTHER_CLIENT_S: Final = 0.4
"""A client that reports nothing is greeted this long after it and the voice are both in the room;
the audio itself takes another 0.1 s."""
_RECEIVE_S: Final = 12.0
"""Longest wait, once the sound is unlocked, until the page receives it: a connection that still
brings no sound may bring captions."""
_FIRST_REPORT_S: Final = 5.0
"""If our page has reported nothing for this long, it is treated as any other client."""


class Audibility:
    """What the trainee's client reports that it can hear."""

    def __init__(self, trainee: Trainee, output: Output, events: Events) -> None:
        self._trainee = trainee
        self._output = output
        self._changed = asyncio.Event()
        self._reported = False
        self._sound_unlocked = False
        self._audio_from: frozenset[str] = frozenset()
        self._text_mode = False
        events.on(CanHear, self._on_can_hear)
        events.on(ModeChanged, self._on_mode_changed)
        events.on(TraineeLeft, self._on_trainee_left)

    async def wait(self, timeout_s: float) -> None:
        """Wait until what is said now would be heard.

        Our page reports it (sound unlocked, and subscribed to the audio). Any other client gets a
        moment to subscribe. If the trainee is away, wait for their return before speaking; if they
        are in the room and do not unlock the sound, wait for `timeout_s`.
        """
        while True:
            await self._trainee.present.wait()
            if not self._text_mode:
                await self._wait_for_report(timeout_s)
            if self._trainee.present.is_set():
                return

    async def wait_for_audio_from(self, *identities: str) -> None:
        """Wait without limit until our page has subscribed to the audio of one of them.

        Returns at once for any other client, which reports nothing, and in text mode.
        """
        while (
            self._trainee.uses_our_page
            and not self._text_mode
            and not self._audio_from.intersection(identities)
        ):
            await self._next_change()

    def has_audio_from(self, identity: str) -> bool:
        return identity in self._audio_from

    @property
    def is_heard(self) -> bool:
        """True if the trainee is in the room, and the page plays sound or shows all text.

        A client that is not our page does not report its sound, and counts as audible.
        """
        if not self._trainee.present.is_set():
            return False
        if self._text_mode or self._sound_unlocked:
            return True
        return not (self._reported or self._trainee.uses_our_page)

    async def _wait_for_report(self, timeout_s: float) -> None:
        ours = self._trainee.uses_our_page
        both_there_at = max(self._trainee.joined_at, self._output.audible_since)
        first_report_s = _FIRST_REPORT_S if ours else _OTHER_CLIENT_S
        left_s = both_there_at + first_report_s - time.monotonic()
        if not await self._holds_within(left_s, lambda: self._reported):
            if ours:
                logger.warning(
                    "the page did not report that it can hear; greeting anyway. If this repeats, "
                    "check the browser's console",
                    extra={"event": "can_hear_missing", "limit_s": first_report_s},
                )
            return
        unlocked = await self._holds_within(timeout_s, lambda: self._sound_unlocked)
        if not (unlocked and await self._holds_within(_RECEIVE_S, lambda: self._is_audible)):
            logger.warning(
                "the page still cannot hear; greeting anyway, with captions",
                extra={"event": "can_hear_timeout", "sound_unlocked": self._sound_unlocked},
            )

    async def _holds_within(self, timeout_s: float, condition: Callable[[], bool]) -> bool:
        """Wait until the condition holds, or in text mode. Returns False if it takes longer."""
        try:
            async with asyncio.timeout(max(timeout_s, 0)):
                while not (self._text_mode or condition()):
                    await self._next_change()
        except TimeoutError:
            return False
        return True

    @property
    def _is_audible(self) -> bool:
        return self._sound_unlocked and self._output.identity in self._audio_from

    async def _next_change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _on_can_hear(self, event: CanHear) -> None:
        self._reported = True
        self._sound_unlocked, self._audio_from = event.sound_unlocked, event.audio_from
        self._changed.set()

    def _on_mode_changed(self, event: ModeChanged) -> None:
        self._text_mode = event.mode == "text"
        self._changed.set()

    def _on_trainee_left(self, _: TraineeLeft) -> None:
        # A trainee who comes back has a new page, which reports again.
        self._reported, self._sound_unlocked, self._audio_from = False, False, frozenset()
