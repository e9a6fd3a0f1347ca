"""The face over time: which mouth for which sound, when it blinks, how it sways.

It takes speech and gives pictures and the same speech, in step.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections import deque
from collections.abc import AsyncIterator

import numpy as np
from livekit import rtc
from livekit.agents.voice.avatar import AudioSegmentEnd

from agent.demo.providers.beyond_presence.face import BLACK, MAX_SWAY, OPENINGS, SIZE, picture

FPS = 25
FRAME_S = 1 / FPS
_SWAY_S = 7.0
"""One sway from left to right and back."""
_LEAD = 2
"""Frames of sound sent ahead of the picture: the queue that keeps the sound from breaking up."""
_QUIET_DB, _LOUD_DB = -42.0, -9.0
_BLINK = (1, 2, 2, 1)
"""Eyes of the frames of one blink."""


class TalkingFace:
    """One avatar's face, and the speech that is still to be played."""

    def __init__(self, *, black: bool = False) -> None:
        self._black = black
        self._speech: deque[rtc.AudioFrame | AudioSegmentEnd] = deque()
        self._cleared = 0
        self._tick = random.randrange(1000)
        self._blink_at = self._tick + FPS
        self._openness = 0.0

    def push_audio(self, frame: rtc.AudioFrame | AudioSegmentEnd) -> None:
        self._speech.append(frame)

    def clear_buffer(self) -> None:
        self._speech.clear()
        self._cleared += 1

    @property
    def segments_waiting(self) -> int:
        """Segments whose end has been received but not played."""
        return sum(isinstance(item, AudioSegmentEnd) for item in self._speech)

    @property
    def speech_waiting(self) -> bool:
        """Whether sound has been received after the last end of a segment."""
        return bool(self._speech) and isinstance(self._speech[-1], rtc.AudioFrame)

    async def __aiter__(self) -> AsyncIterator[rtc.VideoFrame | rtc.AudioFrame | AudioSegmentEnd]:
        ahead, idle = 0, 0
        while True:
            item = self._speech.popleft() if self._speech else None
            if isinstance(item, AudioSegmentEnd):
                yield item
                continue
            if isinstance(item, rtc.AudioFrame):
                self._shape_mouth(item)
                if ahead < _LEAD:
                    ahead, idle = ahead + 1, 0
                    yield item
                    continue
                cleared = self._cleared
                yield self._picture()
                if cleared == self._cleared:  # else it belongs to speech that was interrupted
                    yield item
            else:
                idle += 1
                ahead = 0 if idle > _LEAD else ahead
                self._openness *= 0.5
                yield self._picture()
            # The consumer does not wait while the picture is frozen; the event loop must go on.
            await asyncio.sleep(0)

    def _shape_mouth(self, frame: rtc.AudioFrame) -> None:
        sound = np.frombuffer(frame.data, np.int16).astype(np.float32) / 32768
        if not sound.size:
            return
        level = 20 * math.log10(float(np.sqrt(np.mean(sound**2))) + 1e-6)
        target = min(max((level - _QUIET_DB) / (_LOUD_DB - _QUIET_DB), 0.0), 1.0)
        # A jaw opens faster than it closes.
        self._openness += (0.75 if target > self._openness else 0.5) * (target - self._openness)

    def _picture(self) -> rtc.VideoFrame:
        """The next picture, 1/25 s after the last."""
        self._tick += 1
        blink = self._tick - self._blink_at
        if blink >= len(_BLINK):
            self._blink_at = self._tick + random.randrange(2 * FPS, 5 * FPS)
            blink = -1
        opening = round(self._openness * (OPENINGS - 1))
        raised = 3 if opening >= OPENINGS - 2 else 0
        rgba = (
            BLACK
            if self._black
            else picture(
                sway=round(MAX_SWAY * math.sin(2 * math.pi * self._tick * FRAME_S / _SWAY_S)),
                eyes=(_BLINK[blink] if blink >= 0 else 0) + raised,
                opening=opening,
            )
        )
        return rtc.VideoFrame(SIZE, SIZE, rtc.VideoBufferType.RGBA, rgba)
