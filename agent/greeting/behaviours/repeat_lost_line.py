"""Says a line again if it was not heard to its end."""

from __future__ import annotations

from typing import Final

from agent.core.events import AvatarLost, LineEnded, LineLost, NoVoiceLeft, VoiceFailedOver
from agent.greeting.greeting import Greeting

_ATTEMPTS: Final = 3
"""If voices have failed so often since a line last ended unbroken, the agent continues in text."""


class RepeatLostLine:
    """Does not repeat a reply that is still being generated: the new output says all of it."""

    def __init__(self, greeting: Greeting) -> None:
        self._conversation = greeting.conversation
        self._events = greeting.events
        self._failures = 0
        """Of voices, since a line last ended unbroken."""
        self._is_broken = False
        """A voice has failed in the current line."""
        greeting.events.on(LineEnded, self._on_line_ended)
        greeting.events.on(LineLost, lambda _: self._conversation.lines.repeat())
        greeting.events.on(AvatarLost, lambda _: self._repeat_if_speaking())
        greeting.events.on(VoiceFailedOver, self._on_voice_failed)

    def _on_voice_failed(self, _: VoiceFailedOver) -> None:
        if not self._conversation.is_speaking:
            return
        self._is_broken = True
        self._failures += 1
        if self._failures < _ATTEMPTS:
            self._conversation.lines.repeat()
        else:
            self._events.emit(NoVoiceLeft())

    def _on_line_ended(self, _: LineEnded) -> None:
        if not self._is_broken:
            self._failures = 0
        self._is_broken = False

    def _repeat_if_speaking(self) -> None:
        if self._conversation.is_speaking:
            self._conversation.lines.repeat()
