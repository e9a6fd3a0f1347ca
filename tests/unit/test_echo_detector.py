"""Which sounds of the microphone are an echo of the agent: recordings of people, in rooms."""

from __future__ import annotations

import wave
from pathlib import Path

import av
import numpy as np
import pytest
from livekit import rtc
from numpy.typing import NDArray

from agent.conversation.echo_detector import EchoDetector
from tests.support.sounds import RATE, spoken

LINE_S = 12
READ_ALOUD = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, "
    "it was the age of foolishness, it was the epoch of belief, it was the epoch of incredulity."
)
"""What the reader of the recording `two_cities` says first."""

Sound = NDArray[np.float64]
"""Samples between -1 and 1, at `RATE`."""


@pytest.fixture(scope="module")
def voices(recordings: dict[str, Path]) -> dict[str, Sound]:
    """Recordings of three people, of equal loudness."""
    lengths_s = {"two_cities": 24, "beckett": 9, "endgame_nagg_nell": 24}
    return {name: loud(read(recordings[name], length)) for name, length in lengths_s.items()}


def read(path: Path, length_s: int) -> Sound:
    with wave.open(str(path)) as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(rate * length_s), np.int16) / 32_768
    return resampled(samples, RATE / rate)


def resampled(sound: Sound, ratio: float) -> Sound:
    size = round(len(sound) * ratio)
    return np.asarray(np.fft.irfft(np.fft.rfft(sound), size) * ratio)[:size]


def loud(sound: Sound, db: float = -23) -> Sound:
    """Bring the parts with sound to this level."""
    level = np.sqrt(np.mean(sound[np.abs(sound) > 0.01] ** 2))
    return np.asarray(sound * (10 ** (db / 20) / level))


def noise(seconds: float, db: float) -> Sound:
    """Return pink noise."""
    spectrum = np.fft.rfft(np.random.default_rng(1).normal(size=int(seconds * RATE)))
    pink = np.fft.irfft(spectrum / np.sqrt(np.arange(len(spectrum)) + 30))
    return np.asarray(pink / pink.std() * 10 ** (db / 20))


def in_room(sound: Sound) -> Sound:
    """Play a sound with a loudspeaker without bass, in a room that reverberates for 0.4 s."""
    frequency = np.arange(len(sound) // 2 + 1) * RATE / len(sound)
    played = np.fft.irfft(np.fft.rfft(sound) / (1 + (300 / (frequency + 1)) ** 2), len(sound))
    decay = np.exp(-np.arange(int(0.4 * RATE)) / (0.06 * RATE))
    walls = np.random.default_rng(2).normal(size=len(decay)) * decay
    walls[0] = np.linalg.norm(walls[1:])
    size = len(played) + len(walls)
    room = np.fft.rfft(walls / np.linalg.norm(walls), size)
    return np.fft.irfft(np.fft.rfft(played, size) * room, size)[: len(sound)]


def through_opus(sound: Sound) -> Sound:
    """Encode as browsers do, and decode."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "mono", "s16"
    encoder.bit_rate, encoder.options = 32_000, {"application": "voip"}
    encoder.open()
    decoder = av.CodecContext.create("libopus", "r")
    decoder.sample_rate, decoder.layout = 48_000, "mono"
    decoder.extradata = encoder.extradata
    decoded: list[Sound] = []
    for begin in range(0, len(sound) - 319, 320):
        samples = (sound[begin : begin + 320] * 32_767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, begin
        for packet in encoder.encode(frame):
            for out in decoder.decode(packet):
                decoded.append(np.asarray(out.to_ndarray(), float).reshape(-1) / 32_768)
    return np.concatenate(decoded)[::3]


def frames(sound: Sound, rate: int = RATE, frame_s: float = 0.05) -> list[rtc.AudioFrame]:
    samples = (np.clip(sound, -1, 1) * 32_767).astype(np.int16)
    size = int(frame_s * rate)
    parts = [samples[at : at + size] for at in range(0, len(samples), size)]
    return [rtc.AudioFrame(part.tobytes(), rate, 1, len(part)) for part in parts]


def detects(said: Sound, heard: Sound) -> bool:
    """Whether the detector finds an echo while the agent says `said`.

    The voice synthesises at 24 kHz, and the microphone has 16 kHz.
    """
    detector = EchoDetector()
    for frame in frames(resampled(said, 1.5), rate=24_000):
        detector.agent_says(frame)
    return any(detector.hears(frame) for frame in frames(heard))


@pytest.mark.parametrize(
    ("voice", "gain_db", "delay_s", "noise_db"),
    [
        ("endgame_nagg_nell", 0, 0.0, -60),
        ("two_cities", -12, 2.0, -45),
        ("beckett", -20, 0.37, -60),
    ],
)
def test_detector_finds_an_echo(
    voices: dict[str, Sound], voice: str, gain_db: float, delay_s: float, noise_db: float
) -> None:
    said = voices[voice][: LINE_S * RATE]
    echo = np.concatenate([np.zeros(int(delay_s * RATE)), in_room(said) * 10 ** (gain_db / 20)])
    heard = through_opus(echo + noise(len(echo) / RATE, noise_db))
    assert detects(said, heard)


def test_detector_finds_an_echo_while_the_trainee_speaks(voices: dict[str, Sound]) -> None:
    said, trainee = voices["two_cities"][: 20 * RATE], voices["endgame_nagg_nell"][: 6 * RATE]
    heard = in_room(said)
    heard[2 * RATE :][: len(trainee)] += trainee
    assert detects(said, heard)


def test_detector_finds_an_echo_of_a_later_line(voices: dict[str, Sound]) -> None:
    first, second = voices["beckett"][: 6 * RATE], voices["two_cities"][: 8 * RATE]
    detector = EchoDetector()
    for said, heard in ((first, noise(6, -50)), (second, in_room(second))):
        for frame in frames(said):
            detector.agent_says(frame)
        found = [detector.hears(frame) for frame in frames(heard)]
        detector.line_over()
    assert any(found)


def test_other_speech_is_not_an_echo(voices: dict[str, Sound]) -> None:
    for agent, said in voices.items():
        for trainee, heard in voices.items():
            other_half = heard[len(heard) // 2 :]
            assert not detects(said[: len(said) // 2], other_half), f"{trainee} answers {agent}"


@pytest.mark.parametrize("seconds", [0.2, 1.0])
def test_short_words_are_not_an_echo(voices: dict[str, Sound], seconds: float) -> None:
    heard = noise(LINE_S, -65)
    for at in range(LINE_S // 2):
        word = voices["beckett"][at * RATE :][: int(seconds * RATE)]
        heard[2 * at * RATE :][: len(word)] += word
    assert not detects(voices["two_cities"], heard)


@pytest.mark.parametrize("level_db", [-40, -20])
def test_noise_is_not_an_echo(voices: dict[str, Sound], level_db: float) -> None:
    assert not detects(voices["two_cities"], noise(6, level_db))


def differs(said: Sound, heard: Sound) -> list[bool]:
    """Whether the detector knows after each quarter of a second that it hears other speech."""
    detector = EchoDetector()
    for frame in frames(resampled(said, 1.5), rate=24_000):
        detector.agent_says(frame)
    known = []
    for at, frame in enumerate(frames(heard), 1):
        detector.hears(frame)
        if at % 5 == 0:
            known.append(detector.sounds_different)
    return known


def test_speech_of_a_second_sounds_different(voices: dict[str, Sound]) -> None:
    for agent, said in voices.items():
        for trainee, heard in voices.items():
            if trainee == agent:
                continue
            words = heard[len(heard) // 2 :][:RATE]
            microphone = noise(2.5, -65)
            microphone[RATE : 2 * RATE] += words
            known = differs(said[: len(said) // 2], microphone)
            assert not any(known[:4]), "nothing is heard yet"
            assert any(known), f"{trainee} interrupts {agent}"


@pytest.mark.parametrize("gain_db", [0, -20, -30])
def test_echo_never_sounds_different(voices: dict[str, Sound], gain_db: float) -> None:
    for said in voices.values():
        said = said[: 8 * RATE]
        echo = in_room(said) * 10 ** (gain_db / 20)
        assert not any(differs(said, through_opus(echo + noise(len(echo) / RATE, -65))))


async def test_trainee_who_reads_the_line_aloud_is_not_an_echo(voices: dict[str, Sound]) -> None:
    (said,) = await spoken(READ_ALOUD)
    line = loud(said / 32_768)
    reader = voices["two_cities"][: 24 * RATE]
    assert not detects(line, reader)
    assert detects(line, in_room(line))


def test_sound_before_an_echo_canceller_has_adapted_is_not_an_echo(
    voices: dict[str, Sound],
) -> None:
    said = voices["two_cities"][: LINE_S * RATE]
    heard = in_room(said)
    heard[3 * RATE :] *= 0.003
    assert not detects(said, heard + noise(LINE_S, -50))


def test_sound_at_the_beginning_of_each_cancelled_line_is_not_an_echo(
    voices: dict[str, Sound],
) -> None:
    detector = EchoDetector()
    for voice in ("two_cities", "beckett"):
        said = voices[voice][: int(3.5 * RATE)]
        for frame in frames(said):
            detector.agent_says(frame)
        sound = in_room(said)
        sound[3 * RATE :] *= 0.003
        heard = frames(sound)
        assert not detector.hears(heard[0])
        assert not detector.suspects_echo, "of the line before"
        found = [detector.hears(frame) for frame in heard[1:]]
        assert detector.suspects_echo
        detector.line_over()
        assert detector.suspects_echo, "until the next line"
        assert not any(found)
