"""Lets the agent finish a reply if the trainee has not heard a whole one for several turns.

A television, or people who talk nearby, are recognised as the trainee's speech. They would cut off
every reply, also those to typed lines.
"""

from __future__ import annotations

from typing import Final

from agent.core.events import LineAdded
from agent.core.log import logger
from agent.greeting.greeting import Greeting

_TURNS: Final = 5
"""Turns of the trainee in a row without a line that was heard to its end. Trainees rarely interrupt
so often."""


class FinishReply:
    """Counts turns. If replies are cut off a second time, the agent also suggests typing, once."""

    def __init__(self, greeting: Greeting) -> None:
        self._greeting = greeting
        self._turns = 0
        self._finished = 0
        """Replies that could not be interrupted."""
        greeting.events.on(LineAdded, self._on_line)

    def _on_line(self, event: LineAdded) -> None:
        if event.line.who == "guide":
            if not event.line.interrupted:
                self._turns = 0
            return
        if self._greeting.state.end_reason is not None:
            return
        self._turns += 1
        if self._turns < _TURNS and not (event.line.typed and self._finished):
            return
        self._finished += 1
        logger.info(
            "replies were cut off; the next one cannot be interrupted",
            extra={"event": "reply_finished"},
        )
        script = self._greeting.state.script
        self._greeting.conversation.finish_reply(
            then=script.suggest_typing if self._finished == 2 else ""
        )
