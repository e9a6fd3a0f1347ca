"""Notices sound that may be speech, but for which no words are recognised.

livekit-agents' `transcription_timeout` (1.8.9) begins again with each sound, so it would not notice
people who talk nearby, or a trainee who tries again and again.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

from livekit.agents.vad import VADEvent, VADEventType

from agent.conversation.trainee_sound import TraineeSound
from agent.core.events import Events, SpeechNotRecognised

_WORDS_WITHIN_S: Final = 3.5
"""How long after the end of the first sound its words may be recognised."""
_LATEST_WORDS_WITHIN_S: Final = 1.0
"""How long after the end of a later sound its words may be recognised. Usually, they are recognised
sooner."""
_LATEST_S: Final = 3.0
"""How much later the sounds are noticed, at most, if others follow."""
_COUGH_S: Final = 1.0
"""During a line, a shorter sound is a cough, or another person: it is not noticed. The line goes
on, and a trainee who interrupts it speaks again."""


class WordlessSound:
    """Emits `SpeechNotRecognised`, but not before a sound that goes on is over."""

    def __init__(self, sound: TraineeSound, events: Events) -> None:
        self._sound, self._events = sound, events
        self._began_at: float | None = None
        """When the first sound without words began, on the monotonic clock."""
        self._due_at = self._duration_s = 0.0
        self._in_sound = False
        self._timer: asyncio.TimerHandle | None = None
        sound.when_sound(self._on_sound)

    def _on_sound(self, event: VADEvent) -> None:
        self._in_sound = event.type is VADEventType.START_OF_SPEECH
        if self._in_sound:
            return
        is_cough = self._sound.line.under_way and event.speech_duration < _COUGH_S
        ended_at = time.monotonic() - event.silence_duration
        if self._began_at is None or self._sound.recognised_at >= self._began_at:
            if is_cough:
                return
            self._began_at = ended_at - event.speech_duration
            self._due_at, self._duration_s = ended_at + _WORDS_WITHIN_S, 0.0
        if not is_cough:
            self._duration_s += event.speech_duration
        if self._timer is not None:
            self._timer.cancel()
        latest_at = min(ended_at + _LATEST_WORDS_WITHIN_S, self._due_at + _LATEST_S)
        due_at = max(self._due_at, latest_at)
        self._timer = asyncio.get_running_loop().call_at(due_at, self._on_due)

    def _on_due(self) -> None:
        if self._in_sound or self._began_at is None:
            return
        if self._sound.recognised_at < self._began_at:
            self._events.emit(SpeechNotRecognised(self._duration_s))
        self._began_at = None
