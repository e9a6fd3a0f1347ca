"""Speech recognition and voices on this machine: Moonshine recognises English, eSpeak NG speaks.

Both come from wheels of the optional extra `demo`. What is not installed is logged once.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

logger = logging.getLogger("training-greeter.stand-ins")

Samples = NDArray[np.int16]

_NO_WORDS = frozenset("you no i oh ah uh um hm hmm mm so the".split())
"""What Moonshine makes of a beep, a cough or a breath. Deepgram drops such sounds and fillers
(https://developers.deepgram.com/docs/filler-words); "no" alone is lost, too."""


class _Engine:
    """A library that is not re-entrant: loaded once, and called on one thread only."""

    def __init__(self, load: Callable[[], Any], without_it: str) -> None:
        self._load, self._without_it = load, without_it
        self._thread = ThreadPoolExecutor(1)
        self._waiting = 0
        self._library: Any = None
        self.unavailable = ""
        """Why it cannot be used; empty if it can."""

    async def load(self) -> None:
        """Load the library, or log that this machine has none."""
        try:
            self._library = await self._run(self._load)
        except (ImportError, OSError, RuntimeError) as e:
            self.unavailable = str(e)
            details = {"event": "demo_speech_unavailable", "error": self.unavailable}
            logger.warning(self._without_it, extra=details)

    @property
    def idle(self) -> bool:
        return self._waiting == 0

    async def _run(self, function: Callable[..., Any], *args: Any) -> Any:
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, function, *args)
        finally:
            self._waiting -= 1


class Recogniser(_Engine):
    """English speech to text, one utterance at a time."""

    def __init__(self) -> None:
        super().__init__(_load_moonshine, "no speech recognition here; type the answers instead")

    async def recognise(self, samples: Samples, sample_rate: int) -> str:
        """What was said; empty if nothing was. Takes about 25 ms for a second of speech."""
        sound = samples.astype(np.float32) / 32768
        recognise = self._library.transcribe_without_streaming
        lines = (await self._run(recognise, sound, sample_rate)).lines
        text = " ".join(text for line in lines if (text := line.text.strip()))
        return "" if text.strip(".,!?'").lower() in _NO_WORDS else text


def _load_moonshine() -> Any:
    from moonshine_voice import ModelArch, Transcriber, get_model_path

    # Threshold 0: `endpointing.py` has already cut the utterance, and a second detector would cut
    # sentences apart and drop soft beginnings.
    return Transcriber(
        model_path=get_model_path("tiny-en"),
        model_arch=ModelArch.TINY,
        options={"vad_threshold": "0", "return_audio_data": "false"},
    )


class TurnDetector(_Engine):
    """Whether speech sounds like the end of a turn: v1-mini, which the worker uses with nova-3."""

    def __init__(self) -> None:
        name = "livekit.local_inference"
        super().__init__(lambda: import_module(name).EOT(), "no turn detector on this machine")

    async def probability(self, samples: Samples) -> float:
        """That the turn is over, from its last 1.2 s at 16 kHz. Takes about 75 ms."""
        heard = samples[-19_200:]
        return await self._run(self._library.predict, heard) if self._library else 1.0


@dataclass(frozen=True)
class VoiceChoice:
    """A voice of eSpeak."""

    name: str
    """With its variant, like `en-us+f3`."""
    words_per_minute: int = int(os.environ.get("STAND_IN_WORDS_PER_MINUTE", "160"))
    """Only tests set the variable, to make lines shorter."""


def espeak_name(language: str, *, male: bool) -> str:
    """The name of eSpeak's voice for a language."""
    return f"{'en-us' if language == 'en' else language}+{'michel' if male else 'f3'}"


class Voice(_Engine):
    """Text to speech."""

    def __init__(self) -> None:
        super().__init__(_Espeak, "no voice here; the stand-ins send silence")

    async def say(self, text: str, choice: VoiceChoice, sample_rate: int) -> bytes:
        """One sentence as s16le mono, in about 5 ms; empty if this machine has no voice."""
        if self._library is None:
            return b""
        sound: bytes = await self._run(self._library.say, text, choice, sample_rate)
        return sound


_SYNCHRONOUS, _NO_EXIT, _UTF8, _CHARACTERS, _RATE = 2, 0x8000, 1, 1, 1
_OnSound = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class _Espeak:
    """The C library."""

    def __init__(self) -> None:
        import espeakng_loader

        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
        self._own_rate = self._library.espeak_Initialize(_SYNCHRONOUS, 100, data, _NO_EXIT)
        if self._own_rate <= 0:
            raise RuntimeError("espeak_Initialize failed")
        self._sound = bytearray()
        # Kept: ctypes would free the callback while the library still calls it.
        self._callback = _OnSound(self._collect)
        self._library.espeak_SetSynthCallback(self._callback)

    def say(self, text: str, choice: VoiceChoice, sample_rate: int) -> bytes:
        if self._library.espeak_SetVoiceByName(choice.name.encode()) != 0:
            raise RuntimeError(f"eSpeak NG has no voice {choice.name}")
        self._library.espeak_SetParameter(_RATE, choice.words_per_minute, 0)
        self._sound.clear()
        spoken = text.replace("\0", " ").encode()
        size = ctypes.c_size_t(len(spoken) + 1)
        self._library.espeak_Synth(spoken, size, 0, _CHARACTERS, 0, _UTF8, None, None)
        # LiveKit has a resampler, but its native library must stay out of this process.
        sound = np.frombuffer(bytes(self._sound), np.int16)
        if not len(sound):
            return b""
        count = len(sound) * sample_rate // self._own_rate
        resampled = np.fft.irfft(np.fft.rfft(sound), count) * (count / len(sound))
        return bytes(np.clip(resampled, -32768, 32767).astype(np.int16).tobytes())

    def _collect(self, sound: Any, count: int, _: Any) -> int:
        if sound and count > 0:
            self._sound += ctypes.string_at(sound, 2 * count)
        return 0
