"""Tries the second speech recognition if speech was not recognised, then apologises to the trainee.

Noise can sound like speech. After two apologies the agent suggests typing, once, and then says no
more about it. It does not apologise after the closing line.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from agent.core.events import ProviderFailed, SpeechNotRecognised, SpeechRecognised
from agent.core.log import logger
from agent.greeting.greeting import Greeting
from agent.speech.recognition_failover import FailoverRecognition

_CERTAIN_S: Final = 1.0
"""Longer speech counts as meant for the agent. The first shorter one may be a cough."""
_APOLOGIES: Final = 2
"""Per greeting."""
_SECOND_S: Final = 2.5
"""How long the second speech recognition has to connect and to recognise the same words."""


class RecoverRecognition:
    """Counts unrecognised speech in a row."""

    def __init__(self, greeting: Greeting) -> None:
        self._greeting = greeting
        self._in_a_row = 0
        self._has_warned = False
        """True if the log says that words are not recognised, and none were since then."""
        self._said = 0
        """Apologies, and the suggestion to type."""
        self._asking_second: asyncio.Task[None] | None = None
        greeting.events.on(SpeechNotRecognised, self._on_not_recognised)
        greeting.events.on(SpeechRecognised, self._on_recognised)

    def _on_recognised(self, _: SpeechRecognised) -> None:
        self._in_a_row, self._has_warned = 0, False
        if self._asking_second is not None:
            self._asking_second.cancel()

    def _on_not_recognised(self, event: SpeechNotRecognised) -> None:
        if self._greeting.state.end_reason is not None:
            return
        self._in_a_row += 1
        if self._said > _APOLOGIES or (event.duration_s < _CERTAIN_S and self._in_a_row % 2):
            logger.info("a sound had no words", extra={"event": "sound_without_words"})
            return
        logger.log(
            logging.INFO if self._has_warned else logging.WARNING,
            "speech was not recognised; trying again, with Gemini if GEMINI_STT_MODEL is set. If "
            "this repeats, run: python -m agent doctor",
            extra={"event": "speech_not_recognised", "in_a_row": self._in_a_row},
        )
        self._has_warned = True
        failover = self._greeting.conversation.failover
        self._greeting.events.emit(ProviderFailed("stt", "Unheard"))
        if failover is not None and failover.try_second():
            returning = self._return_to_first(failover)
            self._asking_second = self._greeting.tasks.start(returning, name="second_recognition")
        elif self._asking_second is None or self._asking_second.done():
            if failover is not None:
                failover.restart()
            self._apologise()

    async def _return_to_first(self, failover: FailoverRecognition) -> None:
        """Apologise, unless the second provider recognises the same words in time."""
        await asyncio.sleep(_SECOND_S)
        failover.return_to_first()
        self._apologise()

    def _apologise(self) -> None:
        conversation, state = self._greeting.conversation, self._greeting.state
        is_over = state.closing_said is not None
        if conversation.is_listening and state.opening_over.is_set() and not is_over:
            self._said += 1
            apologise = self._said <= _APOLOGIES
            line = state.script.apology if apologise else state.script.suggest_typing
            if line:
                conversation.lines.say_soon(line)
