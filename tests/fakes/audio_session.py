"""The audio of an AgentSession for recording tests, without a room."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import numpy as np
from livekit import rtc
from livekit.agents.voice import io

RATE = 24_000
FRAME_S = 0.02


def frame(loudness: int, seed: int = 0) -> rtc.AudioFrame:
    """Return a frame of noise, which a codec cannot compress much."""
    count = int(RATE * FRAME_S)
    noise = np.random.default_rng(seed).normal(size=count) * loudness
    return rtc.AudioFrame(noise.astype(np.int16).tobytes(), RATE, 1, count)


class Microphone(io.AudioInput):
    """A trainee who makes noise all the time."""

    def __init__(self) -> None:
        super().__init__(label="microphone")
        self._count = 0

    async def __anext__(self) -> rtc.AudioFrame:
        await asyncio.sleep(FRAME_S)
        self._count += 1
        return frame(5000, self._count)


class Loudspeaker(io.AudioOutput):
    """Accepts all frames and plays nothing."""

    def __init__(self) -> None:
        super().__init__(label="speaker", capabilities=io.AudioOutputCapabilities(pause=False))

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        pass

    def flush(self) -> None:
        pass

    def clear_buffer(self) -> None:
        pass


def audio_session() -> Any:
    """Return the parts of an AgentSession that LocalRecorder uses."""
    return SimpleNamespace(
        input=SimpleNamespace(audio=Microphone()), output=SimpleNamespace(audio=Loudspeaker())
    )


async def listen(session: Any, seconds: float) -> None:
    """Read the trainee's audio for some seconds, as a session does."""
    async with asyncio.timeout(60):
        for _ in range(int(seconds / FRAME_S)):
            await anext(session.input.audio)
