"""Keeps the connection to speech recognition open while the trainee has no microphone.

Deepgram closes a connection that gets no audio: that of nova-3 after 10 s
(https://developers.deepgram.com/docs/audio-keep-alive), that of Flux after 20 to 30 s. Flux has no
KeepAlive message (https://github.com/deepgram/deepgram-python-sdk/issues/649). A closed connection
would count as a failure, and the second provider would take over.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from typing import Final

from livekit import rtc
from livekit.agents import utils

from agent.speech.speech_detector import RATE

_EVERY_S: Final = 4.0
_SAMPLES: Final = RATE // 20
"""0.05 s, the least that the plugin of Flux sends."""


async def with_silence(audio: AsyncIterable[rtc.AudioFrame]) -> AsyncIterator[rtc.AudioFrame]:
    """Pass on audio, and a frame of silence every `_EVERY_S` while there is none."""
    frames = aiter(audio)
    following = asyncio.ensure_future(anext(frames, None))
    try:
        while True:
            await asyncio.wait({following}, timeout=_EVERY_S)
            if not following.done():
                yield rtc.AudioFrame(bytes(2 * _SAMPLES), RATE, 1, _SAMPLES)
                continue
            if (frame := following.result()) is None:
                return
            yield frame
            following = asyncio.ensure_future(anext(frames, None))
    finally:
        await utils.aio.cancel_and_wait(following)
