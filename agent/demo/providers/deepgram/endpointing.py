"""Where an utterance starts and ends, by loudness alone."""

from __future__ import annotations

from collections import deque

import numpy as np

from agent.demo.providers.speech import Samples

FRAME_MS = 20
_BEFORE_FRAMES = 15
"""Kept from before the start: soft first sounds are below the threshold."""
_START_FRAMES, _START_WINDOW = 3, 5
"""So many loud frames out of the last so many start an utterance."""
_LOWEST, _ABOVE_NOISE = 0.0035, 3.0
"""Speech is louder than both: of full scale, and times the room's noise."""


class Endpointer:
    """Takes frames of 20 ms and holds the utterance that is being said."""

    def __init__(self) -> None:
        self._before: deque[Samples] = deque(maxlen=_BEFORE_FRAMES)
        self._loud: deque[bool] = deque(maxlen=_START_WINDOW)
        self._noise = 0.001
        self._frames = 0
        self._said: list[Samples] = []
        self.speaking = False
        self.quiet_ms = 0
        """Silence since the last loud frame of this utterance."""
        self.loud_ms = 0
        """How much of this utterance is louder than the room."""

    @property
    def said(self) -> Samples:
        """The utterance so far, with the silence at its end."""
        return np.concatenate(self._said)

    @property
    def said_ms(self) -> int:
        return len(self._said) * FRAME_MS

    @property
    def heard_s(self) -> float:
        """Seconds of the utterance without the silence at its end."""
        return (self.said_ms - self.quiet_ms) / 1000

    @property
    def start_s(self) -> float:
        """Where this utterance starts in the stream."""
        return (self._frames - len(self._said)) * FRAME_MS / 1000

    def push(self, frame: Samples) -> bool:
        """Take the next frame; True if an utterance has begun with it."""
        self._frames += 1
        loudness = float(np.sqrt(np.mean((frame.astype(np.float32) / 32768) ** 2)))
        loud = loudness > max(_LOWEST, _ABOVE_NOISE * self._noise)
        # The noise follows quickly downwards and slowly upwards, so that speech is not noise.
        self._noise += (loudness - self._noise) * (0.2 if loudness < self._noise else 0.004)
        if self.speaking:
            self._said.append(frame)
            self.quiet_ms = 0 if loud else self.quiet_ms + FRAME_MS
            self.loud_ms += FRAME_MS * loud
            return False
        self._before.append(frame)
        self._loud.append(loud)
        if sum(self._loud) < _START_FRAMES:
            return False
        self.speaking, self.quiet_ms = True, 0
        self.loud_ms = FRAME_MS * sum(self._loud)
        self._said = list(self._before)
        return True

    def end(self) -> None:
        """The utterance is over; the next one starts from silence."""
        self.speaking = False
        self._said = []
        self._before.clear()
        self._loud.clear()
