"""A voice that says every line within milliseconds, without a network."""

from __future__ import annotations

import asyncio
from typing import Any

from livekit.agents import APIConnectOptions, APIError, tts, utils
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS

_RATE = 24_000
_FAILS_AFTER_S = 0.1


class FakeVoice(tts.TTS[Any]):
    """Pushes sound of a fixed length for every line, then ends the line or fails."""

    def __init__(self, *, sound_s: float, fails: bool = False) -> None:
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=True), sample_rate=_RATE, num_channels=1
        )
        self.sound_s = sound_s
        self.fails = fails
        self.lines = 0
        """Lines that it was asked to say."""

    def stream(
        self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.SynthesizeStream:
        return _Line(self, conn_options)

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        return self._synthesize_with_stream(text, conn_options=conn_options)


class _Line(tts.SynthesizeStream):
    def __init__(self, voice: FakeVoice, conn_options: APIConnectOptions) -> None:
        super().__init__(tts=voice, conn_options=conn_options)
        self._voice = voice

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        self._voice.lines += 1
        output_emitter.initialize(
            request_id=utils.shortuuid(),
            sample_rate=_RATE,
            num_channels=1,
            mime_type="audio/pcm",
            stream=True,
        )
        output_emitter.start_segment(segment_id=utils.shortuuid())
        async for _ in self._input_ch:
            self._mark_started()
        output_emitter.push(b"\1\0" * round(_RATE * self._voice.sound_s))
        output_emitter.flush()
        if self._voice.fails:
            await asyncio.sleep(_FAILS_AFTER_S)  # the sound is passed on first
            raise APIError("the voice failed", retryable=False)
        output_emitter.end_segment()
