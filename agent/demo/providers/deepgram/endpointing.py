"""Where an utterance starts and ends, by loudness alone; it knows nothing of words or sockets."""

from __future__ import annotations

from collections import deque

import numpy as np

from agent.demo.providers.speech import Samples

FRAME_MS = 20
_BEFORE_MS = 300
"""Kept from before the start: soft first sounds are below the threshold."""
_START_FRAMES, _START_WINDOW = 3, 5
"""So many loud frames out of the last so many start an utterance."""
_LOWEST, _ABOVE_NOISE = 0.0035, 3.0
"""Speech is louder than both: full scale 1, and times the room's noise."""


class Endpointer:
    """Feed it frames of 20 ms; it holds the utterance that is being said."""

    def __init__(self, sample_rate: int) -> None:
        self.frame_samples = sample_rate * FRAME_MS // 1000
        self._before: deque[Samples] = deque(maxlen=_BEFORE_MS // FRAME_MS)
        self._loud: deque[bool] = deque(maxlen=_START_WINDOW)
        self._noise = 0.001
        self._said: list[Samples] = []
        self.speaking = False
        self.quiet_ms = 0
        """Silence since the last loud frame of this utterance."""
        self.loud_ms = 0
        """How much of this utterance is louder than the room."""
        self.start_s = 0.0
        """Where this utterance starts in the stream."""
        self._heard_frames = 0

    @property
    def said(self) -> Samples:
        """The utterance so far, its silence at the end included."""
        return np.concatenate(self._said)

    @property
    def said_ms(self) -> int:
        return len(self._said) * FRAME_MS

    def push(self, frame: Samples) -> bool:
        """Take the next frame; True: with it an utterance has begun."""
        self._heard_frames += 1
        loudness = float(np.sqrt(np.mean((frame.astype(np.float32) / 32768) ** 2)))
        loud = loudness > max(_LOWEST, _ABOVE_NOISE * self._noise)
        # Noise is learned quickly downwards and slowly upwards, so that speech does not teach it.
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
        self.start_s = max(0.0, (self._heard_frames - len(self._said)) * FRAME_MS / 1000)
        return True

    def end(self) -> None:
        """The utterance is over; the next one starts from silence."""
        self.speaking, self.quiet_ms = False, 0
        self._said = []
        self._before.clear()
        self._loud.clear()
