"""Our detector finds the same speech as livekit-agents' own, which it replaces."""

from __future__ import annotations

import wave
from pathlib import Path

import moonshine_voice
import pytest
from livekit import rtc
from livekit.agents import inference
from livekit.agents.vad import VADEvent, VADEventType

from agent.speech.speech_detector import RATE, SpeechDetector

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
    assert [described(event) for frame in frames for event in ours.take(frame)] == expected
    assert sum(kind is END for kind, *_ in expected) > 2


def test_detector_finds_the_speech_again_after_a_reset(frames: list[rtc.AudioFrame]) -> None:
    detector = SpeechDetector()
    first = [event.type for frame in frames[:100] for event in detector.take(frame)]
    assert START in first
    detector.reset()
    assert [event.type for frame in frames[:100] for event in detector.take(frame)] == first
