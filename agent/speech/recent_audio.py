"""Keeps the latest audio of the trainee, so that a new connection can recognise it again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from livekit import rtc
from livekit.agents.stt import SpeechEvent, SpeechEventType

_KEPT_S: Final = 8.0
"""Seconds of audio that are kept, at most since the last final transcript."""
_KEPT_IN_TURN_S: Final = 30.0
"""Seconds that are kept during a turn of the trainee: Flux sends a final transcript only at its
end."""
_IN_TURN: Final = (
    SpeechEventType.START_OF_SPEECH,
    SpeechEventType.INTERIM_TRANSCRIPT,
    SpeechEventType.PREFLIGHT_TRANSCRIPT,
)


class RecentAudio:
    """The audio since the last final transcript."""

    def __init__(self) -> None:
        self._frames: deque[rtc.AudioFrame] = deque()
        self._in_turn = False
        """True from the first sign of a turn until its final transcript, or its end."""
        self.duration_s = 0.0

    def __iter__(self) -> Iterator[rtc.AudioFrame]:
        return iter(self._frames)

    def append(self, frame: rtc.AudioFrame) -> None:
        self._frames.append(frame)
        self.duration_s += frame.duration
        while self.duration_s > (_KEPT_IN_TURN_S if self._in_turn else _KEPT_S):
            self.duration_s -= self._frames.popleft().duration

    def forget(self) -> None:
        """Drop all of it: its words are answered, or lost."""
        self._frames.clear()
        self.duration_s = 0.0
        self._in_turn = False

    def follow_turn(self, event: SpeechEvent) -> None:
        """Take note of what was recognised; after a final transcript, drop the audio."""
        if event.type is SpeechEventType.FINAL_TRANSCRIPT:
            self.forget()
        elif event.type is SpeechEventType.END_OF_SPEECH:
            self._in_turn = False
        elif event.type in _IN_TURN:
            self._in_turn = True
