"""Builds voices (TTS). Clients are created now and connect later."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from livekit.agents import APIConnectOptions, tts
from livekit.plugins import google

from agent.core.livekit_internals.fallback import FallbackTTS
from agent.core.livekit_internals.gemini import set_gemini_tts_timeout
from agent.core.settings import VoiceSettings
from agent.speech.deepgram_voice import DeepgramVoice
from agent.speech.google_access import google_access
from agent.speech.voices import gemini_voice

TTS_CONNECT_OPTIONS: Final = APIConnectOptions(max_retry=1, retry_interval=0.3, timeout=2.5)
"""For one voice. If all voices have failed, each is tried once more."""
_GEMINI_TTS_TIMEOUT_MS: Final = 6_000
"""For one sentence."""


class FallbackVoices(FallbackTTS):
    def __init__(self, voices: list[tts.TTS[Any]]) -> None:
        super().__init__(voices, max_retry_per_tts=0)
        self.voices = voices
        """Each voice emits its own `error` event; the adapter does not forward it."""

    def prewarm(self) -> None:
        """Do nothing: the opening is synthesised at once anyway."""


class GeminiVoice(tts.StreamAdapter):
    """Splits the text into sentences, because the plugin synthesises a whole text at once.

    Logs and metrics take the provider from the name of the class.
    """


def build_tts(settings: VoiceSettings, voice: str) -> tts.TTS[Any]:
    """Build a voice by the name that `agent.speech.voices.choose_voice` returns."""
    if name := gemini_voice(voice):
        access = tuple(google_access(settings).items())
        return GeminiVoice(tts=_gemini_tts(settings.gemini_tts_model, name, access))
    return DeepgramVoice(
        model=voice,
        api_key=settings.deepgram_api_key.get_secret_value(),
        base_url=settings.deepgram_base_url,
    )


@cache
def _gemini_tts(
    model: str, name: str, access: tuple[tuple[str, Any], ...]
) -> google.beta.GeminiTTS:
    """Build one per process, because its clients take 100 ms to create."""
    voice = google.beta.GeminiTTS(model=model, voice_name=name, **dict(access))
    set_gemini_tts_timeout(voice, dict(access), _GEMINI_TTS_TIMEOUT_MS)
    return voice
