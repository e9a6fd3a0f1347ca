"""Speech made ready while nobody is listening yet, so that the first words come at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from livekit import rtc
from livekit.agents import APIConnectOptions, APIError, tts

from agent.core.log import logger

_FIRST_SOUND_S = 6.0
"""By then there is sound, or the words are read: a trainee hears or reads within eight seconds."""
_LIMIT_S = 30.0


class PreparedSpeech:
    """One text, being spoken into memory from the moment this is made."""

    def __init__(
        self,
        voice: tts.TTS[str],
        text: str,
        patience: APIConnectOptions,
        *,
        about_s: float,
        on_failure: Callable[[], None],
        on_break: Callable[[], None],
    ) -> None:
        """Args:
        about_s: how long it should take to say.
        on_failure: called if no sound is to be had.
        on_break: called if it breaks off while it is already being played.
        """
        self._about_s = about_s
        self._on_break = on_break
        self._playing = False
        self._frames: list[rtc.AudioFrame] = []
        self._more = asyncio.Event()
        self._on_failure = on_failure
        self._task = asyncio.create_task(self._speak(voice, text, patience), name="prepare_speech")

    def audio(self) -> AsyncIterator[rtc.AudioFrame] | None:
        """The speech, 16-bit mono, from its start and as it goes on being made.

        None where it has failed, or broken off: then it is to be said anew.
        """
        if self._task.done() and self._broken:
            return None
        self._playing = True
        return self._replay()

    @property
    def _broken(self) -> bool:
        """There is less of it than a half."""
        return sum(frame.duration for frame in self._frames) < self._about_s / 2

    def cancel(self) -> None:
        """Stop making it."""
        self._task.cancel()

    async def _speak(self, voice: tts.TTS[str], text: str, patience: APIConnectOptions) -> None:
        try:
            async with (
                asyncio.timeout(_FIRST_SOUND_S) as limit,
                voice.stream(conn_options=patience) as stream,
            ):
                stream.push_text(text)
                stream.end_input()
                async for event in stream:
                    if not self._frames:
                        limit.reschedule(asyncio.get_running_loop().time() + _LIMIT_S)
                    self._frames.append(event.frame)
                    self._more.set()
        except (APIError, TimeoutError) as e:
            logger.warning("the opening could not be prepared", extra={"error": type(e).__name__})
        finally:
            self._more.set()
        if not self._frames:
            self._on_failure()
        elif self._playing and self._broken:
            self._on_break()

    async def _replay(self) -> AsyncIterator[rtc.AudioFrame]:
        given = 0
        while given < len(self._frames) or not self._task.done():
            if given == len(self._frames):
                self._more.clear()
                await self._more.wait()
                continue
            yield self._frames[given]
            given += 1
