"""Speech recognition and voices for every language of a conversation, created on first use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from livekit.agents import tts
from livekit.agents.tts import AvailabilityChangedEvent

from agent.core.events import Events, VoiceFailedOver
from agent.core.settings import VoiceSettings
from agent.speech.deepgram_voice import DeepgramVoice
from agent.speech.failures import report_failures
from agent.speech.gemini_transcription import GeminiTranscription
from agent.speech.recognition import Recognition, build_recognition
from agent.speech.recognition_models import RecognitionChoice, choose_recognition
from agent.speech.synthesis import FallbackVoices, build_tts
from agent.speech.voices import choose_voice

_SLOWER_BY: Final = 0.15
_SLOWEST: Final = 0.7
"""1.0 is the normal speed. Some voices have a higher minimum, or only one speed."""


class LanguageSpeech:
    """Emits `ProviderFailed` and `VoiceFailedOver`."""

    def __init__(self, settings: VoiceSettings, events: Events) -> None:
        self._settings = settings
        self._events = events
        self._gemini: GeminiTranscription | None = None
        if settings.gemini_stt_model:
            self._gemini = GeminiTranscription(settings)
        self._recognition: dict[RecognitionChoice, Recognition] = {}
        self._voices: dict[str, FallbackVoices] = {}
        self._deepgram_voices: list[DeepgramVoice] = []
        self._speed = 1.0

    def use_keyterms(self, keyterms: list[str]) -> None:
        """Give terms to Gemini's speech recognition; Deepgram gets them from the session."""
        if self._gemini is not None:
            self._gemini.use_keyterms(keyterms)

    def recognition(self, locales: Sequence[str]) -> Recognition:
        """Speech recognition for a conversation's own locale and those it can change to."""
        choice = choose_recognition(self._settings.deepgram_stt_model, locales)
        if choice not in self._recognition:
            self._recognition[choice] = build_recognition(
                self._settings, choice, self._events, self._gemini
            )
        return self._recognition[choice]

    def voice(self, locale: str, script_voice: str | None) -> FallbackVoices:
        """The voice for a locale, or that of the script, with the fallback voice behind it."""
        first = choose_voice(self._settings.voices, locale, script_voice)
        if first not in self._voices:
            names = dict.fromkeys(filter(None, (first, self._settings.fallback_voice)))
            voice = FallbackVoices([self._build_voice(name) for name in names])
            voice.on("tts_availability_changed", self._on_availability)
            self._voices[first] = voice
        return self._voices[first]

    def slow_down(self, locale: str, script_voice: str | None) -> bool:
        """Speak more slowly in every language whose voice can; True if this locale's did."""
        self._speed = round(max(self._speed - _SLOWER_BY, _SLOWEST), 2)
        name = choose_voice(self._settings.voices, locale, script_voice)
        slower = False
        for voice in self._deepgram_voices:
            before = voice.speed
            voice.slow_down_to(self._speed)
            slower = slower or (voice.model == name and voice.speed < before)
        return slower

    def _build_voice(self, name: str) -> tts.TTS[Any]:
        voice = build_tts(self._settings, name)
        report_failures(voice, self._events)
        if isinstance(voice, DeepgramVoice):
            self._deepgram_voices.append(voice)
            voice.slow_down_to(self._speed)
        return voice

    def _on_availability(self, event: AvailabilityChangedEvent) -> None:
        if not event.available:
            self._events.emit(VoiceFailedOver())
