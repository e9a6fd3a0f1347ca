"""Speech made ready while nobody is listening yet, so that the first words come at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from livekit import rtc
from livekit.agents import APIError, tts

from agent.log import logger

_LIMIT_S = 20.0


class PreparedSpeech:
    """One text, being spoken into memory from the moment this is made."""

    def __init__(self, voice: tts.TTS[str], text: str) -> None:
        self.text = text
        self._task = asyncio.create_task(_speak(voice, text), name="prepare_speech")

    def audio(self) -> AsyncIterator[rtc.AudioFrame] | None:
        """The whole speech if it is ready, 16-bit mono; None if it is not, or could not be made."""
        if not self._task.done() or self._task.cancelled() or self._task.exception() is not None:
            return None
        frames = self._task.result()
        return _replay(frames) if frames else None

    def cancel(self) -> None:
        """Stop making it; what was made is dropped."""
        self._task.cancel()


async def _speak(voice: tts.TTS[str], text: str) -> list[rtc.AudioFrame]:
    try:
        async with asyncio.timeout(_LIMIT_S), voice.stream() as stream:
            stream.push_text(text)
            stream.end_input()
            return [event.frame async for event in stream]
    except (APIError, TimeoutError) as e:
        # It will be tried again when it is said; then it is a failure the greeting deals with.
        logger.warning("the opening could not be prepared", extra={"error": type(e).__name__})
        raise


async def _replay(frames: list[rtc.AudioFrame]) -> AsyncIterator[rtc.AudioFrame]:
    for frame in frames:
        yield frame
