"""Keeps sound without words from the session.

While the session is told of speech, it pauses a line and does not begin the next one. A machine or
a crowd can sound like speech for minutes.
"""

from __future__ import annotations

import enum
import time
from dataclasses import replace

from livekit.agents.vad import VADEvent, VADEventType

from agent.conversation.trainee_sound import WORDLESS_S, TraineeSound


class _State(enum.Enum):
    """What the session gets of the current sound."""

    SILENCE = enum.auto()
    """All events; none of them is of speech."""
    SPEECH = enum.auto()
    """All events."""
    NOISE = enum.auto()
    """No events, until the sound ends or has words."""
    TURN_OVER = enum.auto()
    """Silence, until the sound ends or goes on: speech recognition has ended the turn before the
    detector is certain of the silence."""


class NoiseGate:
    """Decides for each event of the detector which events the session gets."""

    def __init__(self, sound: TraineeSound) -> None:
        self._sound = sound
        self._state = _State.SILENCE
        self._began_at = 0.0
        self._during_line = False
        """True if the agent has said a line during the sound."""
        self._noise_since = 0.0
        """Words before this moment do not make speech of noise."""
        self._latest: VADEvent | None = None
        """The latest event that was passed on as speech."""

    def take(self, event: VADEvent) -> list[VADEvent]:
        """Return the events to pass on for one event of the detector."""
        if event.type is VADEventType.START_OF_SPEECH:
            passed = self._begin(event)
        elif event.type is VADEventType.END_OF_SPEECH:
            passed = self._end(event)
        elif not event.speaking:
            self._state = _State.SILENCE
            return [event]
        else:
            passed = self._go_on(event)
        for each in passed:
            if each.type is not VADEventType.INFERENCE_DONE:
                self._sound.report(each)
        if self._state is _State.SPEECH:
            self._latest = event
        return passed

    def end_turn(self) -> list[VADEvent]:
        """Return the events to pass on because speech recognition has ended the trainee's turn."""
        # The final transcript of this turn must not make speech of the noise that goes on.
        self._noise_since = time.monotonic()
        if self._state is not _State.SPEECH or self._latest is None:
            return []
        self._state = _State.TURN_OVER
        quiet_s = self._latest.raw_accumulated_silence
        end = VADEventType.END_OF_SPEECH
        return [replace(self._latest, type=end, speaking=False, silence_duration=quiet_s)]

    def _begin(self, event: VADEvent) -> list[VADEvent]:
        self._began_at = self._noise_since = time.monotonic()
        self._during_line = self._sound.line.under_way
        self._state = _State.NOISE if self._sound.needs_words else _State.SPEECH
        return [event] if self._state is _State.SPEECH else []

    def _end(self, event: VADEvent) -> list[VADEvent]:
        if self._during_line and self._sound.words_at <= self._began_at:
            self._sound.wordless_in_row += 1
        was, self._state = self._state, _State.SILENCE
        return [event] if was is _State.SPEECH else []

    def _go_on(self, event: VADEvent) -> list[VADEvent]:
        sound = self._sound
        self._during_line |= sound.line.under_way
        if self._state is _State.NOISE:
            if sound.words_at > self._noise_since:
                return self._become_speech(event)
            self._report_long_noise(event)
            return []
        if self._state is _State.TURN_OVER:
            if event.raw_accumulated_silence > 0:
                return [replace(event, speaking=False)]
            # It may be noise that has been there since the last words.
            self._began_at, self._during_line = time.monotonic(), sound.line.under_way
            return self._become_speech(event)
        if sound.is_noise(self._began_at):
            self._state, self._noise_since = _State.NOISE, time.monotonic()
            return [replace(event, type=VADEventType.END_OF_SPEECH, silence_duration=0.0)]
        return [event]

    def _become_speech(self, event: VADEvent) -> list[VADEvent]:
        self._state = _State.SPEECH
        return [replace(event, type=VADEventType.START_OF_SPEECH), event]

    def _report_long_noise(self, event: VADEvent) -> None:
        """Count noise that goes on as another sound, except during a line."""
        now = time.monotonic()
        if now - self._noise_since > WORDLESS_S and not self._sound.line.is_due:
            self._noise_since = now
            end = VADEventType.END_OF_SPEECH
            self._sound.report(replace(event, type=end, speech_duration=WORDLESS_S))
