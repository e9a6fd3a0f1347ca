"""Knows whether the agent is saying a line, and when and what it said before."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from livekit.agents import AgentSession, AgentStateChangedEvent, UserStateChangedEvent
from livekit.agents.voice import SpeechHandle

from agent.conversation.line_texts import LineTexts


class AgentLine:
    """The line that the agent is saying, or said last.

    While a line is paused, the session's own state is "listening". Here, the line is under way
    until it ends.
    """

    def __init__(self, session: AgentSession[Any]) -> None:
        self._session = session
        self.texts = LineTexts()
        self._speech: SpeechHandle | None = None
        self._began_at = 0.0
        self._latest: deque[tuple[float, float]] = deque(maxlen=4)
        """When the last lines began and ended."""
        self._on_end: list[Callable[[], None]] = []
        self.ended_at = 0.0
        """When the last line ended, on the monotonic clock."""
        self._resumes_after_sound = False
        session.on("agent_state_changed", self._on_agent_state)
        session.on("user_state_changed", self._on_user_state)

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
    def previous_ended_at(self) -> float:
        ends = [0.0, 0.0, *(ended for _, ended in self._latest)]
        return ends[-1] if self.under_way else ends[-2]

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

    def when_over(self, callback: Callable[[], None]) -> None:
        self._on_end.append(callback)

    def _resume(self) -> None:
        audio = self._session.output.audio
        if self.under_way and audio is not None:
            audio.resume()

    def _on_user_state(self, event: UserStateChangedEvent) -> None:
        resumes, self._resumes_after_sound = self._resumes_after_sound, False
        if resumes and event.new_state == "listening":
            self._resume()

    def _on_agent_state(self, event: AgentStateChangedEvent) -> None:
        speech = self._session.current_speech
        if event.new_state == "speaking" and speech is not None and speech is not self._speech:
            self._speech, self._began_at = speech, time.monotonic()
            speech.add_done_callback(self._on_done)

    def _on_done(self, speech: SpeechHandle) -> None:
        if speech is self._speech:
            self.ended_at = time.monotonic()
            self._latest.append((self._began_at, self.ended_at))
            for callback in self._on_end:
                callback()
