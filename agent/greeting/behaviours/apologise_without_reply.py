"""Apologises if no model answered, so that the trainee is not left in silence."""

from __future__ import annotations

from agent.core.events import ReplyFailed
from agent.greeting.greeting import Greeting


class ApologiseWithoutReply:
    """Says the script's apology, once for what the trainee has said or typed."""

    def __init__(self, greeting: Greeting) -> None:
        self._greeting = greeting
        self._apologised_at_turn = -1
        greeting.events.on(ReplyFailed, self._on_reply_failed)

    def _on_reply_failed(self, _: ReplyFailed) -> None:
        turn = self._greeting.activity.trainee_turns
        if turn != self._apologised_at_turn:
            self._apologised_at_turn = turn
            self._greeting.conversation.lines.say_soon(self._greeting.state.script.apology)
