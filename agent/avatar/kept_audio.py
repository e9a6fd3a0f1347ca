"""Keeps the audio of one line until it was heard, so that a paused line can continue."""

from __future__ import annotations

from array import array
from typing import Final

AUDIO_SAMPLE_RATE: Final = 16_000
"""Hz of the audio that Beyond Presence takes. The room's own output uses the same rate, so that a
line can move between the two without changing its speed."""
LOUD: Final = 250
"""Amplitude of int16 samples; anything quieter is silence."""
_BYTES_PER_SAMPLE: Final = 2
_QUIET_S: Final = 0.02
_LOOK_BACK_S: Final = 0.5
_STEP_BACK_S: Final = 0.2
"""If there is no silence in the last `_LOOK_BACK_S`, a line continues from this long before the
pause."""


class KeptAudio:
    """16-bit mono audio of `AUDIO_SAMPLE_RATE` that can be read from any position."""

    def __init__(self) -> None:
        self._data = bytearray()

    @property
    def duration_s(self) -> float:
        return len(self._data) / (AUDIO_SAMPLE_RATE * _BYTES_PER_SAMPLE)

    def append(self, audio: bytes | memoryview) -> None:
        self._data += audio

    def read(self, from_s: float) -> bytes:
        return bytes(self._data[self._offset(from_s) :])

    def is_silent_from(self, from_s: float) -> bool:
        return peak(self.read(from_s)) <= LOUD

    def resume_point(self, paused_s: float) -> float:
        """Return where to continue a line that was heard up to `paused_s`: in the last silence."""
        at_s = paused_s = min(paused_s, self.duration_s)
        while at_s - _QUIET_S >= max(paused_s - _LOOK_BACK_S, 0.0):
            at_s -= _QUIET_S
            if peak(self._data[self._offset(at_s) : self._offset(at_s + _QUIET_S)]) <= LOUD:
                return at_s
        return max(paused_s - _STEP_BACK_S, 0.0)

    def _offset(self, at_s: float) -> int:
        return round(at_s * AUDIO_SAMPLE_RATE) * _BYTES_PER_SAMPLE


def peak(audio: bytes | bytearray | memoryview) -> int:
    """Return the largest amplitude of 16-bit audio."""
    samples = array("h", bytes(audio))
    return max(max(samples), -min(samples)) if samples else 0
