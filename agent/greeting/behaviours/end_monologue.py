"""Answers a trainee who speaks for very long before the end of their turn.

livekit-agents' `user_turn_limit` counts final transcripts only, and Deepgram Flux sends none before
the end of the turn.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

from agent.core.events import LineAdded, SpeechRecognised
from agent.core.log import logger
from agent.greeting.greeting import Greeting

_LONGEST_S: Final = 45.0
"""A longer monologue is interrupted."""
_PAUSE_S: Final = 6.0
"""A pause this long ends a monologue."""


class EndMonologue:
    """Measures for how long the trainee has spoken without a line of the agent."""

    def __init__(self, greeting: Greeting) -> None:
        self._greeting = greeting
        self._began_at = self._words_at = 0.0
        greeting.events.on(SpeechRecognised, self._on_words)
        greeting.events.on(LineAdded, self._on_line)

    def _on_line(self, event: LineAdded) -> None:
        if event.line.who == "guide":
            self._words_at = 0.0  # the next words begin another monologue

    def _on_words(self, _: SpeechRecognised) -> None:
        conversation, now = self._greeting.conversation, time.monotonic()
        if conversation.is_speaking or now - self._words_at > _PAUSE_S:
            self._began_at = now
        self._words_at = now
        if now - self._began_at > _LONGEST_S:
            self._began_at = now
            logger.info(
                "interrupting a trainee who speaks for very long", extra={"event": "cut_in"}
            )
            # Later: the session still processes these words, and would keep them for the next turn.
            asyncio.get_running_loop().call_soon(conversation.cut_in)
