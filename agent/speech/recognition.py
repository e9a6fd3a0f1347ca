"""Builds speech recognition (STT). Clients are created now and connect later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from livekit.agents import NOT_GIVEN, TurnHandlingOptions, inference, stt
from livekit.plugins import deepgram

from agent.core.settings import VoiceSettings
from agent.speech.recognition_models import RecognitionChoice


@dataclass(frozen=True)
class Recognition:
    """Speech recognition, and how the end of the trainee's turn is found with it."""

    stt: stt.STT[Any]
    turn_handling: TurnHandlingOptions


def build_recognition(settings: VoiceSettings, choice: RecognitionChoice) -> Recognition:
    """Build speech recognition with its turn detection."""
    build = _build_flux if choice.is_flux else _build_nova
    return Recognition(build(settings, choice), _turn_handling(settings, choice))


def _build_flux(settings: VoiceSettings, choice: RecognitionChoice) -> deepgram.STTv2:
    eager = settings.deepgram_eager_eot_threshold
    return deepgram.STTv2(
        model=choice.model,
        language_hint=list(choice.languages) or NOT_GIVEN,
        eager_eot_threshold=eager if eager else NOT_GIVEN,
        eot_threshold=settings.deepgram_eot_threshold,
        eot_timeout_ms=settings.deepgram_eot_timeout_ms,
        api_key=settings.deepgram_api_key.get_secret_value(),
        base_url=f"{settings.deepgram_base_url}{choice.path}",
        mip_opt_out=True,
    )


def _build_nova(settings: VoiceSettings, choice: RecognitionChoice) -> deepgram.STT:
    return deepgram.STT(
        model=choice.model,
        language=choice.languages[0],
        api_key=settings.deepgram_api_key.get_secret_value(),
        base_url=f"{settings.deepgram_base_url}{choice.path}",
        mip_opt_out=True,
    )


def _turn_handling(settings: VoiceSettings, choice: RecognitionChoice) -> TurnHandlingOptions:
    if choice.is_flux:
        # Flux has waited already; a delay of ours would come on top.
        return {"turn_detection": "stt", "endpointing": {"min_delay": 0.0, "max_delay": 0.0}}
    return {
        # v1-mini runs inside this process; v1 sends the trainee's audio to LiveKit's gateway.
        "turn_detection": inference.TurnDetector(
            version="v1" if settings.turn_detector == "cloud" else "v1-mini"
        ),
        # The longest wait if the detector takes a complete sentence for an unfinished one.
        "endpointing": {"max_delay": 2.0},
    }
