"""Hearing and speaking on this machine: Moonshine recognises English, eSpeak NG speaks.

Both come out of wheels of the optional extra `demo`. Neither is re-entrant, so each has one thread
of its own; the event loop only awaits. What is not installed is said once and then not done.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

logger = logging.getLogger("training-greeter.stand-ins")

Samples = NDArray[np.int16]


class Recogniser:
    """English speech to text; one model for everybody, one utterance at a time."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="recogniser")
        self._waiting = 0
        self._model: Any = None
        self.unavailable = ""
        """Why it cannot recognise anything; empty once it can."""

    async def load(self) -> None:
        """Load the model (0.3 s), or find out that there is none on this machine."""
        try:
            self._model = await self._in_thread(_load_moonshine)
        except (ImportError, OSError, RuntimeError) as e:
            self.unavailable = f"moonshine-voice does not run here: {type(e).__name__}"
            logger.warning(
                "no speech recognition: typed answers only", extra={"why": self.unavailable}
            )

    @property
    def idle(self) -> bool:
        return self._waiting == 0

    async def recognise(self, samples: Samples, sample_rate: int) -> str:
        """What was said; empty where nothing was. About 25 ms a second of speech."""
        sound = samples.astype(np.float32) / 32768
        return str(await self._in_thread(_transcribe, self._model, sound, sample_rate))

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, function: Any, *args: Any) -> Any:
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, function, *args)
        finally:
            self._waiting -= 1


def _load_moonshine() -> Any:
    from moonshine_voice import ModelArch, Transcriber, get_model_path

    # Threshold 0: our own endpointing has already cut the utterance, and a second detector inside
    # would cut sentences apart and drop soft beginnings.
    return Transcriber(
        model_path=get_model_path("tiny-en"),
        model_arch=ModelArch.TINY,
        options={"vad_threshold": "0", "return_audio_data": "false"},
    )


def _transcribe(model: Any, sound: NDArray[np.float32], sample_rate: int) -> str:
    lines = model.transcribe_without_streaming(sound, sample_rate).lines
    return " ".join(text for line in lines if (text := line.text.strip()))


@dataclass(frozen=True)
class VoiceChoice:
    """How to sound, derived from an Aura model's name."""

    name: str
    """eSpeak's voice and variant, like en-us+f3."""
    words_per_minute: int


_LANGUAGES = {"en": "en-us", "es": "es", "fr": "fr", "de": "de", "it": "it", "nl": "nl", "ja": "ja"}
_MEN = frozenset(
    "apollo arcas aries atlas draco hermes hyperion jupiter mars neptune odysseus orion orpheus"
    " pluto saturn zeus angus perseus".split()
)
_WORDS_PER_MINUTE = 160


def choose_voice(model: str, speed: float = 1.0) -> VoiceChoice | None:
    """The voice for `aura-2-andromeda-en` and its like; None: Deepgram has no such model."""
    parts = model.split("-")
    if len(parts) < 3 or parts[0] != "aura" or parts[-1] not in _LANGUAGES:
        return None
    variant = "michel" if parts[-2] in _MEN else "f3"
    name = f"{_LANGUAGES[parts[-1]]}+{variant}"
    return VoiceChoice(name=name, words_per_minute=round(_WORDS_PER_MINUTE * speed))


_LOOKS_LIKE = {
    "ja": r"[\u3040-\u30ff]",
    "ko": r"[\uac00-\ud7af]",
    "cmn": r"[\u4e00-\u9fff]",
    "uk": r"[іїєґ]",
    "ru": r"^[^іїєґ]*[\u0400-\u04ff][^іїєґ]*$",
    "el": r"[\u0370-\u03ff]",
    "ar": r"[\u0600-\u06ff]",
    "hi": r"[\u0900-\u097f]",
    "pl": r"[ąćęłńśźż]|\b(?:witamy|szkolenie|jest|się|nie)\b",
    "pt": r"[ãõ]|\b(?:você|seu|sua|olá|bem-vindo|eu|treinamento)\b",
    "es": r"[ñ¿¡]|\b(?:hola|tu|qué|los|las|formación|con)\b",
    "fr": r"[çœ]|\b(?:bonjour|vous|votre|est|les|des|avec)\b",
    "de": r"[äöüß]|\b(?:und|sie|ist|ihre|der|das|hallo)\b",
    "it": r"\b(?:benvenuto|sono|della|che|tua|tuo|ciao|formazione)\b",
    "nl": r"\b(?:welkom|het|een|van|uw|hallo|bent)\b",
}
"""Letters and frequent words of a language; only a guess."""


def guess_language(text: str) -> str:
    """eSpeak's tag of the language that a text looks like; English if nothing else fits."""
    hits = {tag: len(re.findall(found, text, re.I)) for tag, found in _LOOKS_LIKE.items()}
    best = max(hits, key=lambda tag: hits[tag])
    return best if hits[best] else "en"


_ENGLISH = "en-us"
_GEMINI_MEN = frozenset(
    "puck charon fenrir orus enceladus iapetus umbriel algieba algenib rasalgethi alnilam schedar"
    " achird zubenelgenubi sadachbia sadaltager".split()
)


def voice_for(text: str, name: str) -> VoiceChoice:
    """The voice for a text whose language nobody has told: Gemini's `Kore` and its like."""
    language = guess_language(text)
    variant = "michel" if name.lower() in _GEMINI_MEN else "f3"
    espeak = _ENGLISH if language == "en" else language
    return VoiceChoice(name=f"{espeak}+{variant}", words_per_minute=_WORDS_PER_MINUTE)


class Voice:
    """Text to speech by eSpeak NG."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="voice")
        self._engine: _Espeak | None = None
        self.unavailable = ""
        """Why it cannot speak; empty once it can."""

    async def load(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            self._engine = await loop.run_in_executor(self._thread, _Espeak)
        except (ImportError, OSError, RuntimeError) as e:
            self.unavailable = f"espeakng-loader does not run here: {type(e).__name__}"
            logger.warning("no voice: silence is sent", extra={"why": self.unavailable})

    async def say(self, text: str, choice: VoiceChoice, sample_rate: int) -> bytes:
        """One sentence as s16le mono at the asked rate; some 5 ms of work."""
        if self._engine is None:
            return b""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._engine.say, text, choice, sample_rate)

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)


_SYNCHRONOUS, _NO_EXIT, _UTF8, _CHARACTERS = 2, 0x8000, 1, 1
_RATE = 1
_OnSound = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class _Espeak:
    """The C library, one sentence at a time, on one thread only."""

    def __init__(self) -> None:
        import espeakng_loader

        library = espeakng_loader.load_library()
        if library is None:
            raise OSError("libespeak-ng cannot be loaded")
        data = espeakng_loader.get_data_path().encode()
        self._own_rate = library.espeak_Initialize(_SYNCHRONOUS, 100, data, _NO_EXIT)
        if self._own_rate <= 0:
            raise RuntimeError("espeak_Initialize failed")
        library.espeak_Synth.argtypes = [
            ctypes.c_char_p,
            ctypes.c_size_t,
            *[ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_uint],
            *[ctypes.c_void_p, ctypes.c_void_p],
        ]
        self._library = library
        self._sound = bytearray()
        # Held: ctypes would free the callback while the library still calls it.
        self._callback = _OnSound(self._collect)
        library.espeak_SetSynthCallback(self._callback)

    def say(self, text: str, choice: VoiceChoice, sample_rate: int) -> bytes:
        if self._library.espeak_SetVoiceByName(choice.name.encode()) != 0:
            raise RuntimeError(f"eSpeak NG has no voice {choice.name}")
        self._library.espeak_SetParameter(_RATE, choice.words_per_minute, 0)
        self._sound.clear()
        spoken = text.replace("\0", " ").encode() + b"\0"
        self._library.espeak_Synth(spoken, len(spoken), 0, _CHARACTERS, 0, _UTF8, None, None)
        if not self._sound or sample_rate == self._own_rate:
            return bytes(self._sound)
        # LiveKit has a resampler, but its native library must stay out of this process.
        sound = np.frombuffer(self._sound, np.int16)
        count = len(sound) * sample_rate // self._own_rate
        at = np.arange(count) * self._own_rate / sample_rate
        resampled: Samples = np.interp(at, np.arange(len(sound)), sound).astype(np.int16)
        return resampled.tobytes()

    def _collect(self, sound: Any, count: int, _: Any) -> int:
        if sound and count > 0:
            self._sound += ctypes.string_at(sound, 2 * count)
        return 0
