"""Reconnects speech recognition when speech yields no words, and asks the trainee to say it
again."""

from __future__ import annotations

from typing import Final

from agent.core.events import ProviderFailed, SpeechNotRecognised, SpeechRecognised
from agent.core.log import logger
from agent.greeting.context import Greeting

_CERTAIN_S: Final = 1.0
"""Speech this long was meant for the agent; anything shorter may be a cough, once."""


class RecoverRecognition:
    """Counts unrecognised speech in a row."""

    def __init__(self, greeting: Greeting) -> None:
        self._greeting = greeting
        self._in_a_row = 0
        greeting.events.on(SpeechNotRecognised, self._on_not_recognised)
        greeting.events.on(SpeechRecognised, self._on_recognised)

    def _on_recognised(self, _: SpeechRecognised) -> None:
        self._in_a_row = 0

    def _on_not_recognised(self, event: SpeechNotRecognised) -> None:
        self._in_a_row += 1
        logger.warning(
            "speech was not recognised; reconnecting speech recognition",
            extra={"event": "speech_not_recognised", "in_a_row": self._in_a_row},
        )
        conversation = self._greeting.conversation
        self._greeting.events.emit(ProviderFailed("stt", "Unheard"))
        conversation.restart_recognition()
        certain = event.duration_s >= _CERTAIN_S or self._in_a_row % 2 == 0
        if certain and conversation.is_listening:
            conversation.say_soon(self._greeting.state.script.trouble)
