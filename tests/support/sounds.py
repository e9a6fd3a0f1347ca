"""Sounds of a trainee for tests: noises without words, and short words by eSpeak NG."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from agent.demo.providers.speech import Voice, VoiceChoice

RATE = 16_000


def throat(seconds: float) -> np.ndarray:
    """A sound like "uh", which voice activity detection takes for speech."""
    at = np.arange(int(RATE * seconds)) / RATE
    pitch = np.cumsum(120 * (1 + 0.1 * np.sin(2 * np.pi * 3 * at))) / RATE
    sound = np.diff(np.floor(pitch), prepend=0) + np.random.default_rng(1).normal(size=len(at)) / 50
    for formant, width in ((600, 80), (1040, 70), (2250, 110)):
        decay = np.exp(-np.pi * width / RATE)
        feedback = 2 * decay * np.cos(2 * np.pi * formant / RATE)
        filtered = np.zeros(len(sound) + 2)
        for i, sample in enumerate(sound):
            filtered[i] = sample + feedback * filtered[i - 1] - decay**2 * filtered[i - 2]
        sound = filtered[:-2] / np.abs(filtered).max()
    fade = np.minimum(1, np.minimum(at / 0.03, (seconds - at) / 0.08))
    return np.asarray(sound * fade * 12_000, dtype=np.int16)


async def spoken(*texts: str) -> list[np.ndarray]:
    """English texts, each as one recording."""
    voice = Voice()
    await voice.load()
    said = [await voice.say(text, VoiceChoice("en-us+michel"), RATE) for text in texts]
    return [np.frombuffer(each, np.int16) for each in said]


def wav(folder: Path, name: str, samples: np.ndarray) -> Path:
    """Write samples to a file."""
    path = folder / f"{name}.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return path
