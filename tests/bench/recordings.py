"""Recordings of people for `make turns`, cut from those that ship in packages.

Every file is in the moonshine-voice wheel, which the optional extra `demo` installs.
"""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

import moonshine_voice
import numpy as np

_FOLDER = Path(moonshine_voice.__file__).parent / "assets"
RATE = 16_000
_MARGIN_S = 0.08
_QUIET = 130.0
"""RMS of int16 samples; softer sounds are the room."""


@dataclass(frozen=True)
class Cut:
    """A part of a recording, in seconds."""

    file: str
    begin_s: float
    end_s: float
    language: str = "en"


COMPLETE = (
    Cut("endgame_nagg_nell.wav", 0.10, 0.90),  # Do you hear me?
    Cut("endgame_nagg_nell.wav", 17.60, 18.80),  # What are you talking about?
    Cut("endgame_nagg_nell.wav", 23.76, 27.40),  # Do you remember the day I fetched you …?
    Cut("endgame_nagg_nell.wav", 4.84, 8.04),  # We laugh less heartily, so we have still …
    Cut("endgame_nagg_nell.wav", 12.00, 14.00),  # No, not heartily, just less heartily.
    Cut("clone-test.wav", 0.46, 3.10),  # I do. I think that America does it very well.
    Cut("endgame_nagg_nell.wav", 20.42, 21.90),  # You thought you were in pain?
    Cut("beckett.wav", 4.38, 5.50),  # Try again.
)
"""After each of these, an answer is due."""

HESITANT = (
    (Cut("two_cities.wav", 29.94, 32.20), Cut("two_cities.wav", 32.80, 36.46)),
    (Cut("two_cities.wav", 32.80, 36.46), Cut("two_cities.wav", 37.00, 38.32)),
    (Cut("two_cities.wav", 37.00, 38.32), Cut("two_cities.wav", 38.70, 41.56)),
    (Cut("two_cities.wav", 1.20, 2.62), Cut("two_cities.wav", 2.62, 4.22)),
    (Cut("beckett.wav", 0.32, 2.70), Cut("beckett.wav", 3.52, 4.10)),
)
"""Sentences whose speaker goes on after the first part."""
PAUSES_S = (0.6, 1.0, 1.5)


def samples(*parts: Cut | float) -> np.ndarray:
    """Cuts and pauses (in seconds) one after the other, 16-bit mono at 16 kHz."""
    return np.concatenate(
        [
            _load(part) if isinstance(part, Cut) else np.zeros(round(part * RATE), np.int16)
            for part in parts
        ]
    )


def write(path: Path, *parts: Cut | float) -> Path:
    """Write cuts and pauses as a WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples(*parts).tobytes())
    return path


def quiet_end_s(path: Path, loud: float) -> float:
    """Seconds from the last frame above `loud` (RMS) to the last one that is speech at all."""
    with wave.open(str(path)) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float64)
    frame = RATE // 50
    levels = np.sqrt(np.mean(sound[: len(sound) // frame * frame].reshape(-1, frame) ** 2, axis=1))
    return float(np.flatnonzero(levels > _QUIET)[-1] - np.flatnonzero(levels > loud)[-1]) / 50


def _load(cut: Cut) -> np.ndarray:
    with wave.open(str(_FOLDER / cut.file)) as file:
        rate = file.getframerate()
        sound = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    margin = 0.0 if cut.end_s == 2.62 or cut.begin_s == 2.62 else _MARGIN_S
    begin, end = cut.begin_s - margin, cut.end_s + margin
    sound = sound[max(0, int(begin * rate)) : int(end * rate)].astype(np.float64)
    count = len(sound) * RATE // rate
    resampled = np.fft.irfft(np.fft.rfft(sound), count) * (count / len(sound))
    return np.clip(resampled, -32768, 32767).astype(np.int16)
