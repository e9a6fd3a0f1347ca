"""Says the latest line again to a trainee who comes back: they may have missed the question."""

from __future__ import annotations

import asyncio

from agent.core.events import TraineeJoined
from agent.core.log import logger
from agent.greeting.greeting import Greeting


class RepeatAfterReturn:
    """Acts after a reload, in a second tab, and after a lost connection."""

    def __init__(self, greeting: Greeting) -> None:
        self._greeting = greeting
        self._repeating: asyncio.Task[None] | None = None
        greeting.events.on(TraineeJoined, self._on_joined)

    def _on_joined(self, event: TraineeJoined) -> None:
        state = self._greeting.state
        if not event.returned or state.opened_at is None or state.closing_said is not None:
            return
        if self._repeating is not None:
            self._repeating.cancel()
        turns = self._greeting.activity.trainee_turns
        repeating = self._repeat_unless_answered(turns)
        self._repeating = self._greeting.tasks.start(repeating, name="repeat_after_return")

    async def _repeat_unless_answered(self, turns: int) -> None:
        greeting = self._greeting
        await greeting.audibility.wait(greeting.settings.hearing_timeout_s)
        conversation = greeting.conversation
        answered = greeting.activity.trainee_turns != turns
        if answered or not (conversation.is_listening or conversation.is_speaking):
            return  # the agent is about to answer
        logger.info(
            "the trainee came back; repeating the latest line",
            extra={"event": "repeated_after_return"},
        )
        conversation.lines.repeat()
