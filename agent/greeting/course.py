"""The course of a conversation once it is open: silence, the end of the time, and the goodbye.

It says three lines of the script (check-in, closing, nothing else) and ends the greeting. What
happens before the first word, and what the trainee does to the room, is not its concern.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Literal

from livekit.agents import (
    AgentSession,
    AgentStateChangedEvent,
    UserInputTranscribedEvent,
    UserStateChangedEvent,
)

from agent.conversation.conversation import Conversation
from agent.core import end_reasons
from agent.core.end_reasons import Ending
from agent.core.log import logger

Cause = Literal["asked", "silence", "time"]

LINGER_S = 8.0
"""After the closing line: long enough for one more question, short enough for the bill."""
_WARN_S = 30.0
"""Before the goodbye at the end of the time, the page says that it is near."""
_MIND_YOUR_LAST_WORD_S = 15.0
"""At the end of the time, whoever is speaking may finish; not for longer than this."""
_PAUSE_S = 0.3
_TICK_S = 0.02

_REASONS = {
    "asked": end_reasons.COMPLETED,
    "silence": end_reasons.SILENT,
    "time": end_reasons.TIME_LIMIT,
}


class Quiet:
    """Since when nobody has been speaking, thinking or typing."""

    def __init__(self, session: AgentSession[None], *, absent: asyncio.Event) -> None:
        """Args: `absent` is set while the trainee is not in the room: that is no silence."""
        self._absent = absent
        self._agent_busy = False
        self._trainee_speaking = False
        self._since = time.monotonic()
        self.trainee_acted = 0
        """Grows with every word that was understood, and every line typed; noise is neither."""
        self.changed = asyncio.Event()
        session.on("agent_state_changed", self._on_agent)
        session.on("user_state_changed", self._on_trainee)
        session.on("user_input_transcribed", self._on_words)

    @property
    def for_s(self) -> float:
        """How long it has been quiet; 0 while it is not."""
        if self._agent_busy or self._trainee_speaking or self._absent.is_set():
            self._since = time.monotonic()
        return time.monotonic() - self._since

    def stir(self) -> None:
        """The trainee has said something, by voice or by typing."""
        self.trainee_acted += 1
        self._note()

    def _on_agent(self, event: AgentStateChangedEvent) -> None:
        self._agent_busy = event.new_state in ("speaking", "thinking")
        self._note()

    def _on_trainee(self, event: UserStateChangedEvent) -> None:
        spoke, self._trainee_speaking = self._trainee_speaking, event.new_state == "speaking"
        # That livekit-agents calls a silent trainee "away" breaks no silence.
        if spoke or self._trainee_speaking:
            self._note()

    def _on_words(self, event: UserInputTranscribedEvent) -> None:
        if event.transcript.strip():
            self.stir()

    def _note(self) -> None:
        self._since = time.monotonic()
        self.changed.set()


class Course:
    """Follows one open conversation to its end."""

    def __init__(
        self,
        conversation: Conversation,
        quiet: Quiet,
        end: Ending,
        on_closing: Callable[[str], None],
        *,
        longest_s: float,
        linger_s: float = LINGER_S,
    ) -> None:
        """Args:
        on_closing: given "soon" shortly before the end of the time, `after_closing` once the
            closing line has been said, and "" where the conversation goes on after all.
        longest_s: the environment's limit, where the script's own is longer.
        linger_s: how long the greeting stays open after the closing line.
        """
        self._conversation = conversation
        self._quiet = quiet
        self._ending = end
        self._on_closing = on_closing
        self._longest_s = longest_s
        self._linger_s = linger_s
        self._asked = False
        self._warned = False
        self._wrapped_up = False
        self._said_goodbye: Cause | None = None
        self._checked_in_at = -1
        """`Quiet.trainee_acted` at the last check-in: one a silence."""

    @property
    def closing_said(self) -> bool:
        """The closing line has been said to its end."""
        return self._said_goodbye is not None

    def say_goodbye(self) -> None:
        """The model has come to the end: the closing line follows what is being said."""
        self._asked = True
        self._quiet.changed.set()

    async def run(self) -> None:
        """From the first word on; returns when the greeting has been ended, by us or by others."""
        limits = self._conversation.script.limits
        longest_s = min(limits.max_seconds, self._longest_s)
        # A short limit of the environment leaves less room for the goodbye, but some.
        talk_s = longest_s - min(limits.warn_seconds, longest_s / 2)
        wrap_up_at = time.monotonic() + talk_s
        warn_at = wrap_up_at - min(_WARN_S, talk_s / 2)
        try:
            async with asyncio.timeout(longest_s):
                while self._ending.reason is None:
                    await self._follow(warn_at, wrap_up_at)
        except TimeoutError:
            self._ending.end(end_reasons.TIME_LIMIT)

    async def _follow(self, warn_at: float, wrap_up_at: float) -> None:
        """Wait for a reason to say something unasked, and say it."""
        now = time.monotonic()
        idle_s: float = self._conversation.script.limits.idle_seconds
        if self._said_goodbye is not None:
            idle_s = min(idle_s, self._linger_s)
        left_s = idle_s - self._quiet.for_s
        if self._asked:
            self._asked = False
            await self._close("asked")
        elif not self._wrapped_up and now >= wrap_up_at:
            self._wrapped_up = True
            await self._nobody_speaks_within(_MIND_YOUR_LAST_WORD_S)
            await self._close("time")
        elif not self._warned and now >= warn_at:
            self._warned = True
            if self._said_goodbye is None:
                self._on_closing("soon")
        elif left_s > 0:
            if not self._wrapped_up:
                left_s = min(left_s, (wrap_up_at if self._warned else warn_at) - now)
            await self._change_within(left_s)
        elif self._said_goodbye is not None:
            # They had a last word after the goodbye; it is not said twice.
            self._ending.end(_REASONS[self._said_goodbye])
        elif self._checked_in_at == self._quiet.trainee_acted:
            await self._close("silence")
        else:
            self._checked_in_at = self._quiet.trainee_acted
            logger.info("the trainee is silent: checking in")
            await self._conversation.say(self._conversation.script.check_in)

    async def _close(self, cause: Cause) -> None:
        """The closing line, and the end; unless the trainee has more to say."""
        script = self._conversation.script
        acted = self._quiet.trainee_acted
        if not await self._conversation.say(script.closing):
            logger.info("the goodbye was not heard out: the conversation goes on")
            return
        self._said_goodbye = cause
        logger.info("closing line said", extra={"cause": cause})
        self._on_closing(script.after_closing)
        until = time.monotonic() + self._linger_s
        while self._quiet.trainee_acted == acted:
            if (left_s := until - time.monotonic()) <= 0:
                self._ending.end(_REASONS[cause])
                return
            await self._change_within(left_s)
        logger.info("the trainee goes on after the goodbye")
        self._on_closing("")

    async def _nobody_speaks_within(self, at_most_s: float) -> None:
        """Let whoever is speaking finish."""
        until = time.monotonic() + at_most_s
        while self._quiet.for_s < _PAUSE_S and (left_s := until - time.monotonic()) > 0:
            await self._change_within(min(_PAUSE_S, left_s))

    async def _change_within(self, timeout_s: float) -> None:
        self._quiet.changed.clear()
        try:
            async with asyncio.timeout(max(timeout_s, _TICK_S)):
                await self._quiet.changed.wait()
        except TimeoutError:
            pass
