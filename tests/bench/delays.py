"""`python -m tests.bench.delays`: calculates reply gaps and false cut-offs with nova-3.

The product does not run, so the result does not depend on the machine. The recordings of
`make turns` go through Opus, and then to the product's voice activity detector, to v1-mini and to
the recogniser of the stand-in. Their results say when livekit-agents would end the turn.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import statistics
from dataclasses import dataclass
from typing import Any, Literal

import av
import numpy as np
from livekit import rtc
from livekit.agents import inference
from livekit.agents.inference.eot.languages import LOCAL_LANGUAGES
from livekit.agents.vad import VADEventType
from livekit.local_inference import EOT
from numpy.typing import NDArray

from agent.demo.providers.deepgram.endpointing import FRAME_MS, Endpointer
from agent.demo.providers.deepgram.listen import ListenV1
from agent.demo.providers.speech import Recogniser
from agent.speech.endpointing import DEFAULT_DELAYS, DETECTOR_STRICTNESS, endpointing_delays
from tests.bench.recordings import COMPLETE, HESITANT, PAUSES_S, RATE, samples

_FRAME = RATE * FRAME_MS // 1000
_OPUS_RATE = 48_000
_DETECTOR_SAMPLES = 19_200
"""v1-mini takes 1.2 s at most."""
_PREDICTS_AFTER_S = 0.2
_THRESHOLD = LOCAL_LANGUAGES["en"] * DETECTOR_STRICTNESS
_RESULT_S = 0.1
"""The latency of a final result, and the time that the recogniser takes."""
_REPLY_S = 0.25
"""The model and the voice."""
_HEARD_S = 0.2
"""From the product to the trainee's client."""
_OFFSET = 83
"""Samples by which the recordings are shifted from one round to the next."""


@dataclass(frozen=True)
class Event:
    """A result, and when it came, in seconds."""

    at: float
    kind: Literal["start", "prediction", "end", "final"]
    value: float = 0.0
    """The probability of the prediction, or when the sound ended."""
    text: str = ""


async def events_of(sound: NDArray[np.int16], recogniser: Recogniser) -> list[Event]:
    """Return what the detectors and the recogniser make of a sound."""
    detector, found = EOT(), []
    stream = inference.VAD(model="silero").stream()
    for start in range(0, len(sound) - _FRAME, _FRAME):
        stream.push_frame(rtc.AudioFrame(sound[start : start + _FRAME].tobytes(), RATE, 1, _FRAME))
    stream.end_input()
    predicted = False
    async for event in stream:
        at = event.samples_index / RATE
        if event.type is VADEventType.START_OF_SPEECH:
            found.append(Event(at, "start"))
        elif event.type is VADEventType.END_OF_SPEECH:
            found.append(Event(at, "end", at - event.silence_duration))
        elif event.raw_accumulated_silence < _PREDICTS_AFTER_S:
            predicted = False
        elif event.speaking and not predicted:
            heard = sound[: event.samples_index][-_DETECTOR_SAMPLES:]
            predicted = True
            found.append(Event(at, "prediction", float(detector.predict(heard))))
    utterance = Endpointer()
    for start in range(0, len(sound) - _FRAME, _FRAME):
        utterance.push(sound[start : start + _FRAME])
        if utterance.speaking and utterance.quiet_ms >= ListenV1.silence_ms:
            text = await recogniser.recognise(utterance.said, RATE)
            utterance.end()
            found.append(Event((start + _FRAME) / RATE + _RESULT_S, "final", text=text))
    return sorted(found, key=lambda event: event.at)


def answers(events: list[Event]) -> tuple[bool, float]:
    """Return whether the trainee is cut off, and when the answer is heard."""
    delays, text, speaking, probability = DEFAULT_DELAYS, "", False, 1.0
    ended = final_at = turn_over = float("inf")
    cut_off = False
    for event in [*events, Event(float("inf"), "start")]:
        if turn_over <= event.at:
            heard_at = max(turn_over, final_at + _REPLY_S) + _HEARD_S
            starts = (e.at for e in events if e.kind == "start" and e.at >= event.at)
            continues_at = next(starts, None)
            if continues_at is None:
                return cut_off, heard_at
            cut_off |= heard_at < continues_at
            text, turn_over = "", float("inf")
        if event.kind == "start":
            speaking, probability, turn_over = True, 1.0, float("inf")
        elif event.kind == "prediction":
            probability = event.value
        else:
            if event.kind == "end":
                speaking, ended = False, event.value
            elif event.text:
                text, final_at, delays = event.text, event.at, endpointing_delays(event.text)
            if text and not speaking:
                waits_long = probability < _THRESHOLD
                delay = delays["max_delay"] if waits_long else delays["min_delay"]
                turn_over = max(event.at, ended + delay)
    return cut_off, float("nan")


def through_opus(sound: NDArray[np.int16]) -> NDArray[np.int16]:
    """Encode and decode a sound as LiveKit does."""
    file, decoded = io.BytesIO(), []
    wide = np.fft.irfft(np.fft.rfft(sound), len(sound) * 3) * 3
    frame = av.AudioFrame.from_ndarray(
        np.clip(wide, -32768, 32767).astype(np.int16).reshape(1, -1), format="s16", layout="mono"
    )
    frame.sample_rate = _OPUS_RATE
    with av.open(file, "w", format="ogg") as container:
        encoder: Any = container.add_stream("libopus", rate=_OPUS_RATE)
        encoder.bit_rate, encoder.layout = 24_000, "mono"
        encoder.options = {"application": "voip"}
        for part in (frame, None):
            container.mux(encoder.encode(part))
    file.seek(0)
    narrow = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(file) as container:
        for frame in container.decode(audio=0):
            decoded += [each.to_ndarray().reshape(-1) for each in narrow.resample(frame)]
    return np.concatenate(decoded).astype(np.int16)[: len(sound)]


async def calculate(rounds: int) -> None:
    """Print the reply gaps of complete sentences, and the cut-offs in sentences with a pause."""
    recogniser = Recogniser()
    await recogniser.load()
    gaps, cut_off, hesitant = [], 0, 0
    after = np.zeros(3 * RATE, np.int16)
    for number in range(rounds):
        before = np.zeros(RATE + number * _OFFSET, np.int16)
        for cut in COMPLETE:
            sound = np.concatenate([before, samples(cut), after])
            _, heard_at = answers(await events_of(through_opus(sound), recogniser))
            gaps.append(heard_at - float(np.flatnonzero(np.abs(sound) > 300)[-1]) / RATE)
        for first, rest in HESITANT:
            for pause in PAUSES_S:
                sound = np.concatenate([before, samples(first, pause, rest), after])
                early, _ = answers(await events_of(through_opus(sound), recogniser))
                hesitant, cut_off = hesitant + 1, cut_off + early
    gaps.sort()
    print(f"reply gap p50 {statistics.median(gaps):.2f} s, p90 {gaps[int(0.9 * len(gaps))]:.2f} s")
    print(f"cut off: {cut_off} of {hesitant}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.delays")
    parser.add_argument("--rounds", type=int, default=3)
    asyncio.run(calculate(parser.parse_args().rounds))
