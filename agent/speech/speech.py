"""Speech: the ears and the voices of one conversation, made when they are first needed.

It knows languages and providers, and nothing of what is said.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from livekit.agents import stt, tts
from livekit.agents.llm import LLMError
from livekit.agents.tts import AvailabilityChangedEvent, TTSError
from livekit.plugins import deepgram

from agent.core.settings import VoiceSettings
from agent.speech.providers import Voices, build_stt, build_tts
from agent.speech.voices import choose_voice, heard_as

ProviderError = LLMError | TTSError

_SLOWER_BY = 0.15
_SLOWEST = 0.7
"""Aura's own limit."""


class Speech:
    """Hears and speaks every language of a script."""

    def __init__(
        self,
        settings: VoiceSettings,
        *,
        on_failure: Callable[[ProviderError], None],
        on_loss: Callable[[], None],
    ) -> None:
        """Args:
        on_failure: given each failure of one voice, whoever speaks in its place.
        on_loss: called when a voice has failed: of what it was saying the rest is lost.
        """
        self._settings = settings
        self._on_failure = on_failure
        self._on_loss = on_loss
        self._ears: dict[str, stt.STT[Any]] = {}
        self._voices: dict[str, tts.TTS[Any]] = {}
        self._auras: list[deepgram.TTS] = []
        self._pace = 1.0

    def ears(self, locale: str) -> stt.STT[Any]:
        """One for each language that is heard apart: the same one goes on listening."""
        heard = heard_as(self._settings.deepgram_stt_model, locale)
        if heard not in self._ears:
            self._ears[heard] = build_stt(self._settings, locale)
        return self._ears[heard]

    def voice(self, locale: str, asked: str | None) -> tts.TTS[Any]:
        """The voice for a locale, `asked` for by its script, with another behind it."""
        first = choose_voice(self._settings.voices, locale, asked)
        if first not in self._voices:
            second = self._settings.fallback_voice
            names = [first, *([second] if second not in ("", first) else [])]
            voice = Voices([self._spoken_by(name) for name in names])
            voice.on("tts_availability_changed", self._on_availability)
            self._voices[first] = voice
        return self._voices[first]

    def listen_anew(self) -> None:
        """Connect the ears once more: what was said came to nothing."""
        for ears in self._ears.values():
            if isinstance(ears, deepgram.STT):
                # The same as before; the plugin reconnects for it.
                ears.update_options(punctuate=True)

    def slow_down(self) -> bool:
        """Speak more slowly from the next line on, in every language; False: it is not slower."""
        slower = round(max(self._pace - _SLOWER_BY, _SLOWEST), 2)
        changed, self._pace = slower != self._pace, slower
        for aura in self._auras:
            _set_pace(aura, slower)
        return changed and bool(self._auras)

    def _spoken_by(self, name: str) -> tts.TTS[Any]:
        voice = build_tts(self._settings, name)
        voice.on("error", self._on_failure)
        if isinstance(voice, deepgram.TTS):
            self._auras.append(voice)
            _set_pace(voice, self._pace)
        return voice

    def _on_availability(self, event: AvailabilityChangedEvent) -> None:
        if not event.available:
            self._on_loss()


def _set_pace(voice: deepgram.TTS, pace: float) -> None:
    """Aura has a pace, 1.0 as it speaks by itself; Gemini's voice is paced by its words alone."""
    if pace != 1.0:
        voice.update_options(speed=pace)
