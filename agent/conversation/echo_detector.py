"""Detects from the sound that the microphone plays back the agent's own voice.

The detector compares spectrograms: the latest seconds of the microphone with every position of the
agent's latest lines. It needs no words, no language and no delay, which is unknown if an avatar
speaks. It is fine enough to tell voices apart: a trainee who reads the line aloud is not an echo.

WebRTC's echo canceller (`rtc.AudioProcessingModule`) is not used. It takes 1.3 % of a core for each
greeting. It finds no echo that comes more than 0.5 s after the audio was sent.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from livekit import rtc
from numpy.typing import NDArray

_WINDOW_S: Final = 2.0
"""Seconds of the microphone that are compared at once, every `_EVERY_S`."""
_EVERY_S: Final = 1.0
_ALIKE: Final = 0.45
"""Correlation from which a window is an echo.

In a room that reverberates, and through Opus, an echo of -20 dB has 0.52 or more. An echo of -30 dB
has 0.44. An echo has 0.41 if a person speaks at the same time, as loud as the echo. Other speech
has 0.34 at most, the same synthetic voice with other words 0.43, and a person who reads the agent's
line aloud 0.25."""
_WINDOWS_SUSPECTED: Final = 2
_WINDOWS: Final = 4
"""Windows in a row, of the same line, that must be an echo. A browser's echo cancellation may let
an echo pass for the first 3 s of a line."""
_SOUNDING_FRAMES: Final = 12
"""Frames with sound that a window must have: a shorter sound may resemble any speech."""
_DIFFERENT: Final = 0.3
"""Correlation below which a sound of at least `_DIFFERENT_S` is no echo. An echo of -30 dB has 0.35
or more, and 99 % of other speech has less."""
_DIFFERENT_S: Final = 1.0
_LOUD: Final = 250
"""Amplitude of int16 samples; anything quieter is silence."""
_LINE_S: Final = 30.0
"""Seconds of the agent's audio that are kept: a voice may synthesise a whole line at once."""

_FRAME_S: Final = 0.064
_HOP_S: Final = 0.032
_BINS: Final = slice(13, 154)
"""200 to 2,400 Hz, which also small loudspeakers play."""
_FLOOR: Final = 3e-7
"""Power in a bin that counts as silence."""
_LEAST_VARIANCE: Final = 0.1

_Spectrogram = NDArray[np.float32]
"""One row for each bin, one column for each frame."""


class EchoDetector:
    def __init__(self) -> None:
        self._rate = 0
        self._unread = bytearray()
        """Audio of the agent that is not in `_said` yet: most microphones are silent during lines,
        and then it is never needed."""
        silence = (_BINS.stop - _BINS.start, round(_WINDOW_S / _HOP_S))
        self._said: _Spectrogram = np.zeros(silence, np.float32)
        self._window = bytearray()
        self._heard_rate = 0
        self._echoes = 0
        """Windows in a row, of the same line, that were an echo."""
        self._new_line = False

    def agent_says(self, frame: rtc.AudioFrame) -> None:
        """Add audio of the agent's line (16-bit mono), before it is played."""
        if frame.sample_rate != self._rate:
            self._unread.clear()
            self._rate = frame.sample_rate
        self._unread += frame.data.cast("B")
        del self._unread[: -_bytes_in(_LINE_S, self._rate)]

    def line_over(self) -> None:
        """Begin a new window at the next line. `suspects_echo` and `sounds_different` tell until
        then what was heard during this line."""
        self._new_line = True

    def hears(self, frame: rtc.AudioFrame) -> bool:
        """Add audio of the microphone (16-bit mono) during a line; True if it is an echo."""
        if self._new_line:
            self._new_line, self._echoes = False, 0
            self._window.clear()
        self._heard_rate = frame.sample_rate
        self._window += frame.data.cast("B")
        if len(self._window) < _bytes_in(_WINDOW_S, frame.sample_rate):
            return False
        samples = np.frombuffer(bytes(self._window), np.int16)
        del self._window[: _bytes_in(_EVERY_S, frame.sample_rate)]
        if _is_silent(samples):
            self._echoes = 0
            return False
        heard = _spectrogram(samples, frame.sample_rate)
        if _sounding_frames(heard) >= _SOUNDING_FRAMES:
            self._read_line()
            self._echoes = self._echoes + 1 if _similarity(heard, self._said) >= _ALIKE else 0
        return self._echoes >= _WINDOWS

    @property
    def suspects_echo(self) -> bool:
        """True if the line's latest windows were an echo, but are too few to be certain."""
        return self._echoes >= _WINDOWS_SUSPECTED

    @property
    def sounds_different(self) -> bool:
        """True if what the microphone has just heard is not the line; False if that is unknown."""
        if len(self._window) < max(_bytes_in(_DIFFERENT_S, self._heard_rate), 1):
            return False
        samples = np.frombuffer(bytes(self._window), np.int16)
        if _is_silent(samples):
            return False
        heard = _spectrogram(samples, self._heard_rate)
        if _sounding_frames(heard) < _SOUNDING_FRAMES:
            return False
        self._read_line()
        return _similarity(heard, self._said) < _DIFFERENT

    def _read_line(self) -> None:
        """Move the agent's audio to `_said`, except for the part of a frame at its end."""
        if len(self._unread) < _bytes_in(_FRAME_S, self._rate):
            return
        new = _spectrogram(np.frombuffer(bytes(self._unread), np.int16), self._rate)
        del self._unread[: new.shape[1] * _bytes_in(_HOP_S, self._rate)]
        self._said = np.hstack([self._said, new])[:, -round(_LINE_S / _HOP_S) :]


def _similarity(heard: _Spectrogram, said: _Spectrogram) -> float:
    """Return the highest correlation of `heard` with any part of `said`: 1 if it is a part of it.

    Each bin is compared with its own mean, so a loudspeaker's colour of the sound does not matter.
    """
    frames = heard.shape[1]
    if said.shape[1] < frames:
        return 0.0
    heard = heard - heard.mean(axis=1, keepdims=True)
    size = 1 << (said.shape[1] + frames - 1).bit_length()
    spectra = np.fft.rfft(said, size) * np.conj(np.fft.rfft(heard, size))
    products = np.fft.irfft(spectra.sum(axis=0), size)[: said.shape[1] - frames + 1]
    sums = _moving_sum(said.astype(np.float64), frames)
    squares = _moving_sum((said.astype(np.float64) ** 2).sum(axis=0), frames)
    variance = squares - (sums**2).sum(axis=0) / frames
    variance = np.maximum(variance, heard.size * _LEAST_VARIANCE)
    return float((products / np.sqrt(variance * (heard**2).sum())).max())


def _spectrogram(samples: NDArray[np.int16], rate: int) -> _Spectrogram:
    """Return the logarithm of the power in each bin, relative to the mean of its frame."""
    size, hop = round(_FRAME_S * rate), round(_HOP_S * rate)
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[::hop]
    window = (np.hanning(size) / (size / 4 * 32_768)).astype(np.float32)
    power = np.abs(np.fft.rfft(frames * window)[:, _BINS]) ** 2
    levels = np.log(power + np.float32(_FLOOR))
    return np.ascontiguousarray((levels - levels.mean(axis=1, keepdims=True)).T)


def _is_silent(samples: NDArray[np.int16]) -> bool:
    return max(int(samples.max()), -int(samples.min())) < _LOUD


def _sounding_frames(heard: _Spectrogram) -> float:
    """Return how many frames differ from the mean, each weighted by how much."""
    energy = ((heard - heard.mean(axis=1, keepdims=True)) ** 2).sum(axis=0)
    return float(energy.sum()) ** 2 / max(float((energy**2).sum()), 1e-9)


def _moving_sum(values: NDArray[np.float64], frames: int) -> NDArray[np.float64]:
    """Sum up every `frames` neighbours along the last axis."""
    sums = np.cumsum(values, axis=-1)
    sums = np.concatenate([np.zeros_like(sums[..., :1]), sums], axis=-1)
    result: NDArray[np.float64] = sums[..., frames:] - sums[..., :-frames]
    return result


def _bytes_in(seconds: float, rate: int) -> int:
    return 2 * round(seconds * rate)
