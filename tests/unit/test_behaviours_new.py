"""A new behaviour is one class: this one is written here and touches no other module."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from livekit.agents.llm import ChatMessage

from agent.core.events import LineAdded
from agent.core.records import Line
from agent.greeting.behaviours import BEHAVIOURS
from agent.greeting.greeting import Greeting
from tests.fakes.greeting import fake_greeting

SHORT_LINE = "In short: the video comes next."


class SayShorterLineAfterInterruptions:
    """After two interruptions within ten seconds, the agent says a shorter line."""

    def __init__(self, greeting: Greeting) -> None:
        self._greeting = greeting
        self._interrupted_at: list[float] = []
        greeting.events.on(LineAdded, self._on_line)

    def _on_line(self, event: LineAdded) -> None:
        if event.line.who != "guide" or not event.line.interrupted:
            return
        now = time.monotonic()
        self._interrupted_at = [at for at in self._interrupted_at if now - at < 10] + [now]
        if len(self._interrupted_at) == 2:
            self._greeting.conversation.lines.say_soon(SHORT_LINE)


def interrupted_line() -> LineAdded:
    text = "The video shows"
    line = Line(who="guide", at=datetime.now(UTC), text=text, interrupted=True)
    return LineAdded(line, ChatMessage(role="assistant", content=[text], interrupted=True))


async def test_behaviour_reacts_to_events_and_speaks() -> None:
    behaviours = (*BEHAVIOURS, SayShorterLineAfterInterruptions)
    async with fake_greeting(behaviours=behaviours) as fake:
        fake.events.emit(interrupted_line())
        fake.events.emit(interrupted_line())
        await fake.until_said(SHORT_LINE)
        assert fake.lines[-1] == SHORT_LINE
