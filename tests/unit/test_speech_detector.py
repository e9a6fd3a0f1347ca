"""Our detector finds the same speech as livekit-agents' own, which it replaces."""

from __future__ import annotations

import wave
from pathlib import Path

import moonshine_voice
import numpy as np
import pytest
from livekit import rtc
from livekit.agents import inference
from livekit.agents.vad import VADEvent, VADEventType

from agent.speech.speech_detector import RATE, SpeechDetector
from tests.bench.recordings import COMPLETE, Cut, samples

RECORDING = Path(moonshine_voice.__file__).parent / "assets" / "beckett.wav"
FRAME = RATE // 20
START, WINDOW, END = (
    VADEventType.START_OF_SPEECH,
    VADEventType.INFERENCE_DONE,
    VADEventType.END_OF_SPEECH,
)


@pytest.fixture(scope="module")
def frames() -> list[rtc.AudioFrame]:
    """Human speech with pauses, in the frames that a session gets."""
    with wave.open(str(RECORDING), "rb") as file:
        count = file.getnframes() // FRAME
        return [rtc.AudioFrame(file.readframes(FRAME), RATE, 1, FRAME) for _ in range(count)]


def described(event: VADEvent) -> tuple[object, ...]:
    seconds = (
        event.speech_duration,
        event.raw_accumulated_speech,
        event.raw_accumulated_silence if event.speaking else 0.0,
    )
    return event.type, event.samples_index, event.speaking, *(round(s, 4) for s in seconds)


async def test_detector_finds_what_livekit_agents_finds(frames: list[rtc.AudioFrame]) -> None:
    """Until the first end of speech: then ours resets the model."""
    theirs = inference.VAD(model="silero").stream()
    for frame in frames:
        theirs.push_frame(frame)
    theirs.end_input()
    expected = [
        described(event)
        async for event in theirs
        if event.type is not WINDOW or event.speaking or event.raw_accumulated_speech
    ]
    await theirs.aclose()
    ours = SpeechDetector()
    found = [described(event) for frame in frames for event in ours.take(frame)]
    ends = [at for at, (kind, *_) in enumerate(expected) if kind is END]
    assert found[: ends[0] + 1] == expected[: ends[0] + 1]
    assert [kind for kind, *_ in found].count(END) >= len(ends) > 2


def by_telephone(sound: np.ndarray) -> np.ndarray:
    spectrum, frequencies = np.fft.rfft(sound), np.fft.rfftfreq(len(sound), 1 / RATE)
    spectrum[(frequencies < 300) | (frequencies > 3_400)] = 0
    return np.asarray(np.fft.irfft(spectrum, len(sound)) / 4)


def test_detector_notices_the_next_speech_soon() -> None:
    """Soft voices after an utterance and a silence, as when the trainee interrupts an answer."""
    random = np.random.default_rng(0)
    quiet = [random.normal(0, 20, int(seconds * RATE)) for seconds in (1.0, 3.6)]
    earlier = samples(COMPLETE[0])
    waits: list[float] = []
    for file in ("two_cities.wav", "endgame_nagg_nell.wav"):
        for begin_s in np.arange(1, 20, 1.7):
            words = samples(Cut(file, begin_s, begin_s + 1.2))
            if len(words) < RATE // 2 or np.sqrt(np.mean(words[:1_600].astype(float) ** 2)) < 500:
                continue  # begins with a pause
            before = np.concatenate([quiet[0], by_telephone(earlier), quiet[1]])
            sound = np.concatenate([before, by_telephone(words)]).astype(np.int16)
            detector, found = SpeechDetector(), 2.0
            for at in range(0, len(sound) - FRAME, FRAME):
                frame = rtc.AudioFrame(sound[at : at + FRAME].tobytes(), RATE, 1, FRAME)
                kinds = [event.type for event in detector.take(frame)]
                if at >= len(before) and START in kinds:
                    found = (at + FRAME - len(before)) / RATE
                    break
            waits.append(found)
    assert len(waits) >= 12
    assert np.mean(waits) < 0.7, waits


def test_detector_finds_the_speech_again_after_a_reset(frames: list[rtc.AudioFrame]) -> None:
    detector = SpeechDetector()
    first = [event.type for frame in frames[:100] for event in detector.take(frame)]
    assert START in first
    detector.reset()
    assert [event.type for frame in frames[:100] for event in detector.take(frame)] == first
