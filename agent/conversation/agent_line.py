"""Knows whether the agent is saying a line, and when and what it said before. Ends long pauses."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Any, Final

from livekit.agents import AgentSession, AgentStateChangedEvent, UserStateChangedEvent
from livekit.agents.voice import SpeechHandle

from agent.conversation.line_texts import LineTexts
from agent.core.events import Events, LineEnded, SpeechRecognised
from agent.core.log import logger

_LONGEST_PAUSE_S: Final = 4.0
"""Longest pause of a line without words of the trainee.

livekit-agents continues a line soon after the sound that paused it. It does not do so if speech
recognition reports the start of a turn and never its end, for example after a lost connection."""


class AgentLine:
    """The line that the agent is saying, or said last; emits `LineEnded`.

    While a line is paused, the session's own state is "listening". Here, the line is under way
    until it ends.
    """

    def __init__(self, session: AgentSession[Any], events: Events) -> None:
        self._session = session
        self._events = events
        self.texts = LineTexts()
        self._speech: SpeechHandle | None = None
        self._began_at = 0.0
        self._latest = deque([(0.0, 0.0)] * 2, maxlen=4)
        """When the last lines began and ended, on the monotonic clock."""
        self._resumes_after_sound = False
        self._words_at = 0.0
        """When words were last recognised, on the monotonic clock."""
        self._pause_check: asyncio.TimerHandle | None = None
        session.on("agent_state_changed", self._on_agent_state)
        session.on("user_state_changed", self._on_user_state)
        events.on(SpeechRecognised, self._on_words)

    @property
    def under_way(self) -> bool:
        return self._speech is not None and not self._speech.done()

    @property
    def is_paused(self) -> bool:
        return self._session.agent_state == "listening" and self.under_way

    @property
    def is_due(self) -> bool:
        """True during a line, and while the session generates one or waits to say it."""
        return self.under_way or self._session.current_speech is not None

    @property
    def ended_at(self) -> float:
        """When the last line ended, on the monotonic clock."""
        return self._latest[-1][1]

    @property
    def previous_ended_at(self) -> float:
        """When the line before the current one, or before the last one, ended."""
        return self._latest[-1 if self.under_way else -2][1]

    def was_heard_at(self, at: float, margin_s: float) -> bool:
        """True if a line was under way at a moment, or ended at most `margin_s` before it."""
        if self.under_way and at >= self._began_at:
            return True
        return any(began <= at <= ended + margin_s for began, ended in self._latest)

    def interrupt(self) -> None:
        """Stop the line, which is not resumed; does nothing if it must be heard to its end."""
        if self._speech is not None and self.under_way and self._speech.allow_interruptions:
            self._speech.interrupt()

    def resume(self) -> None:
        """Continue the line if a sound has paused it: now, or when the sound ends.

        livekit-agents would continue it later.
        """
        self._resumes_after_sound = self._session.user_state == "speaking"
        if not self._resumes_after_sound:
            self._resume()

    def _resume(self) -> None:
        audio = self._session.output.audio
        if self.under_way and audio is not None:
            audio.resume()

    def _on_user_state(self, event: UserStateChangedEvent) -> None:
        resumes, self._resumes_after_sound = self._resumes_after_sound, False
        if resumes and event.new_state == "listening":
            self._resume()

    def _on_words(self, _: SpeechRecognised) -> None:
        self._words_at = time.monotonic()

    def _on_agent_state(self, event: AgentStateChangedEvent) -> None:
        if self._pause_check is not None:
            self._pause_check.cancel()
        if event.new_state == "listening" and self.under_way:
            self._check_pause_after(_LONGEST_PAUSE_S)
        speech = self._session.current_speech
        if event.new_state == "speaking" and speech is not None and speech is not self._speech:
            self._speech, self._began_at = speech, time.monotonic()
            speech.add_done_callback(self._on_done)

    def _on_done(self, speech: SpeechHandle) -> None:
        if speech is self._speech:
            self._latest.append((self._began_at, time.monotonic()))
            self._events.emit(LineEnded())

    def _check_pause_after(self, delay_s: float) -> None:
        self._pause_check = asyncio.get_running_loop().call_later(delay_s, self._end_long_pause)

    def _end_long_pause(self) -> None:
        if not self.under_way:
            return
        wait_s = self._words_at + _LONGEST_PAUSE_S - time.monotonic()
        if wait_s > 0:
            self._check_pause_after(wait_s)
            return
        logger.info("continuing a line after a long pause", extra={"event": "pause_ended"})
        self._resume()
