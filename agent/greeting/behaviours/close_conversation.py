"""Says the closing line and ends the greeting, unless the trainee has more to say."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from agent.core import end_reasons
from agent.core.events import ClosingCause, ClosingChanged, ClosingRequested, OpeningStarted
from agent.core.log import logger
from agent.greeting.greeting import Greeting

LINGER_S: Final = 8.0
"""Seconds of silence between the closing line and the end: time for one more question, at little
cost. Typing breaks the silence."""

_END_REASONS: Final[dict[ClosingCause, str]] = {
    "asked": end_reasons.COMPLETED,
    "silence": end_reasons.SILENT,
    "time": end_reasons.TIME_LIMIT,
}


class CloseConversation:
    """Handles one request to close after the other."""

    def __init__(self, greeting: Greeting) -> None:
        self._greeting = greeting
        self._requests: asyncio.Queue[ClosingCause] = asyncio.Queue()
        greeting.events.on(ClosingRequested, lambda event: self._requests.put_nowait(event.cause))
        greeting.events.on(OpeningStarted, self._on_opening)

    def _on_opening(self, _: OpeningStarted) -> None:
        self._greeting.tasks.start(self._handle_requests(), name="close_conversation")

    async def _handle_requests(self) -> None:
        while True:
            await self._close(await self._requests.get())

    async def _close(self, cause: ClosingCause) -> None:
        greeting, state, activity = self._greeting, self._greeting.state, self._greeting.activity
        turns = activity.trainee_turns
        if not await greeting.conversation.lines.say(state.script.closing):
            logger.info(
                "the closing line was interrupted; the conversation continues",
                extra={"event": "closing_interrupted"},
            )
            return
        state.closing_said = cause
        logger.info("said the closing line", extra={"event": "closing_said", "cause": cause})
        greeting.events.emit(ClosingChanged(state.script.after_closing))
        said_at = time.monotonic()
        while activity.trainee_turns == turns:
            quiet_s = min(activity.quiet_s, time.monotonic() - said_at)
            if (left_s := LINGER_S - quiet_s) <= 0:
                greeting.end(_END_REASONS[cause])
                return
            await activity.wait_for_change(left_s)
        logger.info(
            "the trainee spoke after the closing line; the conversation continues",
            extra={"event": "closing_reopened"},
        )
        greeting.events.emit(ClosingChanged(""))
        greeting.tasks.start(self._end_after_silence(cause), name="end_after_silence")

    async def _end_after_silence(self, cause: ClosingCause) -> None:
        """End the reopened conversation at the next silence, without a second closing line."""
        activity = self._greeting.activity
        limit_s = min(self._greeting.state.script.limits.idle_seconds, LINGER_S)
        while (left_s := limit_s - activity.quiet_s) > 0:
            await activity.wait_for_change(left_s)
        self._greeting.end(_END_REASONS[cause])
