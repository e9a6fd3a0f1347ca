"""Continues a paused line if livekit-agents does not.

livekit-agents continues a line soon after the sound that paused it. It does not do so if speech
recognition reports the start of a turn and never its end, for example after a lost connection.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from livekit.agents import AgentSession, AgentStateChangedEvent

from agent.conversation.agent_line import AgentLine
from agent.core.events import Events, SpeechRecognised
from agent.core.log import logger

_LONGEST_S: Final = 4.0
"""Longest pause of a line without words of the trainee."""


class PausedLine:
    """Watches the pauses of one session."""

    def __init__(self, session: AgentSession[Any], line: AgentLine, events: Events) -> None:
        self._session = session
        self._line = line
        self._timer: asyncio.TimerHandle | None = None
        self._words_at = 0.0
        session.on("agent_state_changed", self._on_agent_state)
        events.on(SpeechRecognised, self._on_words)

    def _on_agent_state(self, event: AgentStateChangedEvent) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if event.new_state == "listening" and self._line.under_way:
            self._check_after(_LONGEST_S)

    def _on_words(self, _: SpeechRecognised) -> None:
        self._words_at = time.monotonic()

    def _check_after(self, delay_s: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._check)

    def _check(self) -> None:
        self._timer = None
        audio = self._session.output.audio
        if not self._line.under_way or audio is None:
            return
        wait_s = self._words_at + _LONGEST_S - time.monotonic()
        if wait_s > 0:
            self._check_after(wait_s)
            return
        logger.info("continuing a line after a long pause", extra={"event": "pause_ended"})
        audio.resume()
