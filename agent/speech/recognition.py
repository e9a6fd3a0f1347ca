"""Builds speech recognition (STT). Clients are created now and connect later."""

from __future__ import annotations

from livekit.plugins import deepgram

from agent.core.settings import VoiceSettings
from agent.speech.recognition_models import recognition_language


def build_stt(settings: VoiceSettings, locale: str) -> deepgram.STT:
    """Build speech recognition for a locale such as `en` or `es-MX`."""
    return deepgram.STT(
        model=settings.deepgram_stt_model,
        language=recognition_language(settings.deepgram_stt_model, locale),
        api_key=settings.deepgram_api_key.get_secret_value(),
        base_url=f"{settings.deepgram_base_url}/v1/listen",
        mip_opt_out=True,
    )
