"""A line synthesised ahead of time, so that it starts at once when it is said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from livekit import rtc
from livekit.agents import APIError, tts

from agent.core.events import Events, LineLost, NoVoiceLeft
from agent.speech.synthesis import TTS_CONNECT_OPTIONS, FallbackVoices

_FIRST_AUDIO_S: Final = 6.0
"""If there is no audio after this time, the page shows the line as text. The trainee then hears or
reads it within 8 s."""
_SYNTHESIS_S: Final = 30.0
"""Longest time for the whole line."""


class PreparedLine:
    """One line, synthesised into memory from the moment it is created.

    Emits `NoVoiceLeft` if no voice can speak it, and `LineLost` if synthesis stops while it plays.
    """

    def __init__(
        self, voice: FallbackVoices, text: str, *, expected_s: float, events: Events
    ) -> None:
        """Start to synthesise the line; `expected_s` matters only if a voice fails."""
        self._expected_s = expected_s
        self._events = events
        self._voice_failed = False
        """True if a voice failed. A fallback voice may have spoken the whole line."""
        self._playing = False
        self._frames: list[rtc.AudioFrame] = []
        self._more = asyncio.Event()
        self._task = asyncio.create_task(self._synthesise(voice, text), name="prepare_line")

    def audio(self) -> AsyncIterator[rtc.AudioFrame] | None:
        """The audio from its start (16-bit mono), while the rest is still being synthesised.

        None if synthesis failed or stopped early: the line must be synthesised again.
        """
        if self._task.done() and self._is_incomplete:
            return None
        self._playing = True
        return self._replay()

    @property
    def _is_incomplete(self) -> bool:
        """True if the audio stops before the end of the line.

        livekit-agents' FallbackAdapter ends its stream normally if a voice fails after its first
        sound, so the length decides then. A stream without a failure is complete, however fast
        the voice speaks.
        """
        if not self._frames:
            return True
        length_s = sum(frame.duration for frame in self._frames)
        return self._voice_failed and length_s < self._expected_s / 2

    def cancel(self) -> None:
        self._task.cancel()

    def _on_voice_error(self, error: tts.TTSError) -> None:
        if not error.recoverable:
            self._voice_failed = True

    async def _synthesise(self, voice: FallbackVoices, text: str) -> None:
        for each in voice.voices:
            each.on("error", self._on_voice_error)
        try:
            async with (
                asyncio.timeout(_FIRST_AUDIO_S) as limit,
                voice.stream(conn_options=TTS_CONNECT_OPTIONS) as stream,
            ):
                stream.push_text(text)
                stream.end_input()
                async for event in stream:
                    if not self._frames:
                        limit.reschedule(asyncio.get_running_loop().time() + _SYNTHESIS_S)
                    self._frames.append(event.frame)
                    self._more.set()
        except (APIError, TimeoutError):
            self._voice_failed = True  # logged as `provider_failed` or `no_voice_left`
        finally:
            for each in voice.voices:
                each.off("error", self._on_voice_error)
            self._more.set()
        if not self._frames:
            self._events.emit(NoVoiceLeft())
        elif self._playing and self._is_incomplete:
            self._events.emit(LineLost())

    async def _replay(self) -> AsyncIterator[rtc.AudioFrame]:
        played = 0
        while played < len(self._frames) or not self._task.done():
            if played == len(self._frames):
                self._more.clear()
                await self._more.wait()
                continue
            yield self._frames[played]
            played += 1
            # Let other tasks run: livekit-agents analyses each frame to time the captions. For an
            # opening that is complete, it would otherwise block the event loop.
            await asyncio.sleep(0)
