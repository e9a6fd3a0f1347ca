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
        self._frames: list[rtc.AudioFrame] = []
        self._more = asyncio.Event()
        self._task = asyncio.create_task(self._speak(voice, text), name="prepare_speech")

    def audio(self) -> AsyncIterator[rtc.AudioFrame] | None:
        """The speech, 16-bit mono, from its start and as it goes on being made.

        None if nothing of it has come yet: then it is given up, and the text is to be said anew.
        """
        if not self._frames:
            self.cancel()
            return None
        return self._replay()

    def cancel(self) -> None:
        """Stop making it."""
        self._task.cancel()

    async def _speak(self, voice: tts.TTS[str], text: str) -> None:
        try:
            async with asyncio.timeout(_LIMIT_S), voice.stream() as stream:
                stream.push_text(text)
                stream.end_input()
                async for event in stream:
                    self._frames.append(event.frame)
                    self._more.set()
        except (APIError, TimeoutError) as e:
            # Said anew, it is a failure that the greeting deals with.
            logger.warning("the opening could not be prepared", extra={"error": type(e).__name__})
        finally:
            self._more.set()

    async def _replay(self) -> AsyncIterator[rtc.AudioFrame]:
        given = 0
        while given < len(self._frames) or not self._task.done():
            if given == len(self._frames):
                self._more.clear()
                await self._more.wait()
                continue
            yield self._frames[given]
            given += 1
