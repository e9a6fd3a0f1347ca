"""The Deepgram plugin's voice, with time limits that suit a conversation.

livekit-plugins-deepgram 1.8.9 starts its time limit at the first word. If the model then pauses in
mid-reply, the voice seems to have failed. This class starts the limit at the end of the text. It
does not use an idle connection that Deepgram has closed, and retries once if a reused one fails. It
changes the connection before it has flushed too often, and opens a new one as soon as a line is cut
short.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from dataclasses import replace
from typing import Any, Final

import aiohttp
from livekit.agents import APIConnectOptions, APIError, APITimeoutError, tts
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS
from livekit.plugins import deepgram

from agent.core.livekit_internals.deepgram import (
    DeepgramTTS,
    forget_closed_connections,
    renew_voice_connection,
)
from agent.core.tasks import TaskSet
from agent.speech.voices import slowest_speed

_PAUSE_S: Final = 8.0
"""Longest time without audio while the text is incomplete; a model may not pause for so long."""
_REUSED_FIRST_AUDIO_S: Final = 1.5
"""Limit for the first audio on a reused connection. After it, a new connection is used."""
_MORE_AUDIO_S: Final = 4.5
"""Limit for each pause after the first audio. The network may stop for a few seconds. To wait costs
less than the next voice, which says the whole line again."""
_COMPLETE: Final = 0.95
"""A line is not said again if this share of its expected length has been said."""
_CHECK_EVERY_S: Final = 0.1
_MOST_LINES: Final = 18
_CONNECT_TIMEOUT_S: Final = 2.5
_LINES_WINDOW_S: Final = 60.0
"""Each line ends with a flush. A connection takes 20 in 60 s; after that, it says nothing
(https://developers.deepgram.com/docs/tts-ws-flush). A trainee who often interrupts causes more."""


class DeepgramVoice(DeepgramTTS):
    """One Aura voice over the `/v1/speak` WebSocket."""

    def __init__(self, *, model: str, api_key: str, base_url: str) -> None:
        super().__init__(
            model=model, api_key=api_key, base_url=f"{base_url}/v1/speak", mip_opt_out=True
        )
        self._begun_at: deque[float] = deque(maxlen=_MOST_LINES)
        """When the latest lines on the current connection began."""
        self._renewing = TaskSet()
        self._said_s = self._said_characters = 0.0
        """Length of the complete lines, which shows how fast the voice speaks."""
        self.speed = 1.0
        """The speed from the next line on; 1.0 is normal."""

    def slow_down_to(self, speed: float) -> None:
        """Speak at this speed, or at the slowest that the voice has, from the next line on."""
        slowest = slowest_speed(self.model)
        if slowest is not None and max(speed, slowest) != self.speed:
            self.speed = max(speed, slowest)
            self._said_s = self._said_characters = 0.0
            self.update_options(speed=self.speed)

    def stream(
        self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> deepgram.tts.SynthesizeStream:
        """Begin a line, on a new connection if the current one has spoken many."""
        now, begun_at = time.monotonic(), self._begun_at
        if len(begun_at) == _MOST_LINES and now - begun_at[0] < _LINES_WINDOW_S:
            self.update_options(model=self.model)  # the plugin then drops its connections
            begun_at.clear()
        begun_at.append(now)
        return _Line(self, conn_options)

    def note_complete(self, text: str, length_s: float) -> None:
        """Note the length of a line that was said to its end."""
        self._said_characters += len(text)
        self._said_s += length_s

    def seems_complete(self, text: str, length_s: float) -> bool:
        """Return True if this length is about that of the whole line."""
        said_s, said_characters = self._said_s, self._said_characters
        return said_s > 0 and length_s * said_characters > _COMPLETE * said_s * len(text)

    def renew_connection(self) -> None:
        """Replace the connection of a line that was cut short, before the next line needs one."""
        self._renewing.start(self._renew(), name="renew_voice_connection")

    async def _renew(self) -> None:
        # If it fails, the next line connects itself, and reports the failure.
        with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
            await renew_voice_connection(self, _CONNECT_TIMEOUT_S)

    async def aclose(self) -> None:
        self._renewing.cancel()
        await super().aclose()


class _Line(deepgram.tts.SynthesizeStream):
    """One line: takes text, emits audio."""

    def __init__(self, voice: DeepgramVoice, conn_options: APIConnectOptions) -> None:
        self._voice = voice
        self._limit_s = conn_options.timeout
        self._complete_at: float | None = None
        self._text = ""
        # If an attempt fails before the first audio, the base class sends the same text again.
        attempts = replace(conn_options, max_retry=1, retry_interval=0.0, timeout=_PAUSE_S)
        super().__init__(tts=voice, conn_options=attempts)

    def push_text(self, token: str) -> None:
        self._text += token
        super().push_text(token)

    def end_input(self) -> None:
        self._complete_at = time.monotonic()
        super().end_input()

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        await forget_closed_connections(self._voice)
        self._connection_reused = False
        speaking = asyncio.create_task(super()._run(output_emitter), name="speak_line")
        try:
            await self._watch(speaking, output_emitter)
            self._voice.note_complete(self._text, output_emitter.pushed_duration())
        except APIError as e:
            if self._complete_at and self._voice.seems_complete(
                self._text, output_emitter.pushed_duration()
            ):
                # Only Deepgram's message about the end is missing.
                output_emitter.end_segment()
                return
            # Retry only after a reused connection. If a new one fails, use the next voice.
            e.retryable = self._connection_reused
            raise
        finally:
            speaking.cancel()
            await asyncio.wait({speaking})
            if speaking.cancelled():
                self._voice.renew_connection()

    async def _watch(self, speaking: asyncio.Task[Any], output_emitter: tts.AudioEmitter) -> None:
        """Wait for the end of the line; raise APIError if the voice sends nothing."""
        began_at = progress_at = time.monotonic()
        heard_s = 0.0
        while not speaking.done():
            await asyncio.wait({speaking}, timeout=_CHECK_EVERY_S)
            now = time.monotonic()
            if output_emitter.pushed_duration() > heard_s:
                heard_s, progress_at = output_emitter.pushed_duration(), now
            if self._complete_at is None:
                continue
            limit_s = self._limit_s if heard_s == 0.0 else _MORE_AUDIO_S
            if self._connection_reused and heard_s == 0.0:
                limit_s = min(limit_s, _REUSED_FIRST_AUDIO_S)
            if now - max(progress_at, self._complete_at, began_at) > limit_s:
                raise APITimeoutError("the voice sent no audio in time")
        speaking.result()
