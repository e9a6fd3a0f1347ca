"""Cuts in kindly if the trainee speaks for very long.

livekit-agents' `user_turn_limit` looks at final transcripts only. Deepgram Flux sends the first one
at the end of the turn.
"""

from __future__ import annotations

import time
from typing import Final

from agent.core.events import SpeechRecognised
from agent.core.log import logger
from agent.greeting.context import Greeting

_LONGEST_S: Final = 45.0
_PAUSE_S: Final = 6.0
"""A trainee who has paused for this long is no longer in the same monologue."""


class EndMonologue:
    """Measures how long words are recognised without a line of the agent between them."""

    def __init__(self, greeting: Greeting) -> None:
        self._greeting = greeting
        self._began_at = self._words_at = 0.0
        greeting.events.on(SpeechRecognised, self._on_words)

    def _on_words(self, _: SpeechRecognised) -> None:
        conversation, now = self._greeting.conversation, time.monotonic()
        if conversation.is_speaking or now - self._words_at > _PAUSE_S:
            self._began_at = now
        self._words_at = now
        if now - self._began_at > _LONGEST_S:
            self._began_at = now
            logger.info("the trainee speaks for long; cutting in", extra={"event": "cut_in"})
            conversation.cut_in()
