"""Apologises if no model answered, so that the trainee is not left in silence."""

from __future__ import annotations

import time
from typing import Final

from agent.core.events import ReplyFailed
from agent.greeting.greeting import Greeting

_EVERY_S: Final = 8.0


class ApologiseWithoutReply:
    """Says the script's `trouble` line, at most every 8 s."""

    def __init__(self, greeting: Greeting) -> None:
        self._greeting = greeting
        self._apologised_at = -_EVERY_S
        greeting.events.on(ReplyFailed, self._on_reply_failed)

    def _on_reply_failed(self, _: ReplyFailed) -> None:
        now = time.monotonic()
        if now - self._apologised_at >= _EVERY_S:
            self._apologised_at = now
            self._greeting.conversation.lines.say_soon(self._greeting.state.script.trouble)
