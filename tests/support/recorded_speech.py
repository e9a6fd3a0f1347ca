"""Recorded speech for speech recognition, and what was recognised."""

from __future__ import annotations

import asyncio
import re
import wave
from pathlib import Path

import numpy as np
from livekit import rtc
from livekit.agents import APIConnectOptions, stt
from livekit.plugins import deepgram

from tests.support.providers import Providers
from tests.support.waiting import until_answer

ONCE = APIConnectOptions(max_retry=0, retry_interval=0.05, timeout=6)
TIMEOUT_S = 60.0
BECKETT = "ever tried ever failed no matter try again fail again fail better".split()
"""What the recording `beckett.wav` says."""


def recording(path: Path, start_s: float = 0.0, end_s: float = 60.0) -> list[rtc.AudioFrame]:
    """A recording at 16 kHz in frames of 20 ms, with a second of silence behind it."""
    with wave.open(str(path)) as file:
        rate = file.getframerate()
        sound = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    sound = sound[int(start_s * rate) : int(end_s * rate)]
    frame = rtc.AudioFrame(sound.tobytes(), rate, 1, len(sound))
    if rate != 16_000:
        resampler = rtc.AudioResampler(rate, 16_000)
        parts = resampler.push(frame) + resampler.flush()
        sound = np.concatenate([np.frombuffer(part.data, np.int16) for part in parts])
    sound = np.concatenate([sound, np.zeros(16_000, np.int16)])
    return [
        rtc.AudioFrame(sound[i : i + 320].tobytes(), 16_000, 1, 320)
        for i in range(0, len(sound) - 319, 320)
    ]


async def heard(
    providers: Providers, model: deepgram.STT, frames: list[rtc.AudioFrame], *, speed: float = 20
) -> list[stt.SpeechEvent]:
    """Every event for this sound, sent `speed` times as fast as spoken."""
    stream = model.stream(conn_options=ONCE)
    events: list[stt.SpeechEvent] = []

    async def send() -> None:
        for frame in frames:
            stream.push_frame(frame)
            await asyncio.sleep(frame.duration / speed)
        stream.end_input()

    async def collect() -> None:
        async for event in stream:
            events.append(event)

    async def ended() -> bool:
        return bool((await providers.calls("stt"))[-1]["detail"].get("ended"))

    sending, collecting = asyncio.create_task(send()), asyncio.create_task(collect())
    try:
        async with asyncio.timeout(TIMEOUT_S):
            await asyncio.wait({sending, collecting}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                # The plugin itself ends up to 5 s later, when its keep-alive finds the end.
                waiting = asyncio.create_task(until_answer(ended, timeout_s=TIMEOUT_S))
                await asyncio.wait({waiting, collecting}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                await asyncio.wait({collecting}, timeout=0.1)
            if collecting.done():
                await collecting
        return events
    finally:
        for task in (sending, collecting):
            task.cancel()
        await stream.aclose()


def words(events: list[stt.SpeechEvent]) -> list[str]:
    finals = [e for e in events if e.type == stt.SpeechEventType.FINAL_TRANSCRIPT]
    return plain(" ".join(e.alternatives[0].text for e in finals))


def plain(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


def wrong(got: list[str], wanted: list[str]) -> int:
    """Word errors: insertions, deletions and replacements."""
    row = list(range(len(wanted) + 1))
    for i, word in enumerate(got, 1):
        row, last = [i], row
        for j, other in enumerate(wanted, 1):
            row.append(min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (word != other)))
    return row[-1]
