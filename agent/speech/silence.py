"""Keeps the connection to speech recognition open while the trainee has no microphone.

Deepgram closes a connection that gets no audio: that of nova-3 after 10 s
(https://developers.deepgram.com/docs/audio-keep-alive), that of Flux after 20 to 30 s. Flux has no
KeepAlive message (https://github.com/deepgram/deepgram-python-sdk/issues/649). A closed connection
would count as a failure, and the second provider would take over.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from contextlib import aclosing
from typing import Final

from livekit import rtc

from agent.speech.lookahead import Lookahead
from agent.speech.speech_detector import RATE

_EVERY_S: Final = 4.0
_SAMPLES: Final = RATE // 20
"""0.05 s, the least that the plugin of Flux sends."""


async def with_silence(audio: AsyncIterable[rtc.AudioFrame]) -> AsyncIterator[rtc.AudioFrame]:
    """Pass on audio, and a frame of silence every `_EVERY_S` while there is none."""
    async with aclosing(Lookahead(aiter(audio))) as frames:
        while True:
            if not await frames.comes_within(_EVERY_S):
                yield rtc.AudioFrame(bytes(2 * _SAMPLES), RATE, 1, _SAMPLES)
            elif (frame := await frames.take()) is not None:
                yield frame
            else:
                return
