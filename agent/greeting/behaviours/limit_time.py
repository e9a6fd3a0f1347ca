"""Keeps the greeting within its time limit: a notice on the page, the closing line, then the end.

There are two limits: `max_seconds` of the script, from the opening, and MAX_GREETING_S, from the
start of the job. The second one includes the waits before the opening, because an avatar that waits
costs minutes, too.
"""

from __future__ import annotations

import asyncio
from typing import Final

from agent.core import end_reasons
from agent.core.events import ClosingChanged, ClosingRequested, OpeningStarted
from agent.greeting.greeting import Greeting

_NOTICE_S: Final = 30.0
"""The page shows a notice this long before the closing line."""
_FINISH_SENTENCE_S: Final = 15.0
"""The current speaker may finish, for at most this long."""


class LimitTime:
    """Says the closing line before the earlier of the two limits, and ends the greeting at it."""

    def __init__(self, greeting: Greeting) -> None:
        self._greeting = greeting
        greeting.events.on(OpeningStarted, self._on_opening)
        self._end_after(greeting.settings.max_greeting_s)

    def _on_opening(self, _: OpeningStarted) -> None:
        limit_s = self._greeting.remaining_s
        # If little of MAX_GREETING_S is left, the closing line still gets half of it.
        warn_seconds = self._greeting.state.script.limits.warn_seconds
        closing_after_s = limit_s - min(warn_seconds, limit_s / 2)
        self._greeting.tasks.start(self._announce(closing_after_s), name="announce_time_limit")
        self._end_after(limit_s)

    async def _announce(self, closing_after_s: float) -> None:
        notice_s = min(_NOTICE_S, closing_after_s / 2)
        await asyncio.sleep(closing_after_s - notice_s)
        if self._greeting.state.closing_said is None:
            self._greeting.events.emit(ClosingChanged("soon"))
        await asyncio.sleep(notice_s)
        await self._greeting.activity.wait_for_pause(_FINISH_SENTENCE_S)
        self._greeting.events.emit(ClosingRequested("time"))

    def _end_after(self, limit_s: float) -> None:
        async def end() -> None:
            await asyncio.sleep(limit_s)
            self._greeting.end(end_reasons.TIME_LIMIT)

        self._greeting.tasks.start(end(), name="end_at_time_limit")
