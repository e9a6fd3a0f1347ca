"""Says a line again if it was not heard to its end."""

from __future__ import annotations

from typing import Final

from agent.core.events import AvatarLost, LineLost, NoVoiceLeft, VoiceFailedOver
from agent.greeting.greeting import Greeting

_ATTEMPTS: Final = 3
"""If voices have failed so often in the same line, the agent continues in text."""


class RepeatLostLine:
    """Does not repeat a reply that is still being generated: the new output says all of it."""

    def __init__(self, greeting: Greeting) -> None:
        self._conversation = greeting.conversation
        self._events = greeting.events
        self._text = ""
        """The line in which a voice has failed last."""
        self._failures = 0
        greeting.events.on(LineLost, lambda _: self._conversation.lines.repeat())
        greeting.events.on(AvatarLost, lambda _: self._repeat_if_speaking())
        greeting.events.on(VoiceFailedOver, self._on_voice_failed)

    def _on_voice_failed(self, _: VoiceFailedOver) -> None:
        if not self._conversation.is_speaking:
            return
        text = self._conversation.lines.texts.current
        self._failures = self._failures + 1 if text == self._text else 1
        self._text = text
        if self._failures < _ATTEMPTS:
            self._conversation.lines.repeat()
        else:
            self._events.emit(NoVoiceLeft())

    def _repeat_if_speaking(self) -> None:
        if self._conversation.is_speaking:
            self._conversation.lines.repeat()
