"""Speech recognition gets silence while there is no microphone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from livekit import rtc

from agent.speech.silence import with_silence
from tests.support.clock import Clock
from tests.support.waiting import until

_SOUND = bytes([1]) * 1600


async def test_recognition_gets_silence_only_while_there_is_no_audio(clock: Clock) -> None:
    microphone: asyncio.Queue[bytes | None] = asyncio.Queue()
    heard: list[bytes] = []

    async def audio() -> AsyncIterator[rtc.AudioFrame]:
        while (sound := await microphone.get()) is not None:
            yield rtc.AudioFrame(sound, 16_000, 1, len(sound) // 2)

    async def listen() -> None:
        async for frame in with_silence(audio()):
            assert frame.sample_rate == 16_000
            heard.append(bytes(frame.data.cast("B")))

    listening = asyncio.create_task(listen())
    await clock.advance(3.0)
    assert heard == []
    for count in (1, 2):
        await clock.advance(9.0)
        assert heard == [bytes(1600)] * count, "Deepgram closes the connection after 10 s"
    microphone.put_nowait(_SOUND)
    await until(lambda: heard[2:] == [_SOUND], 30, "the sound was not passed on")
    microphone.put_nowait(None)
    await asyncio.wait_for(listening, 30)
