"""Builds speech recognition (STT). Clients are created now and connect later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from livekit.agents import (
    NOT_GIVEN,
    EndpointingOptions,
    TurnHandlingOptions,
    inference,
)
from livekit.agents.stt import STT, SpeechEvent, SpeechEventType
from livekit.agents.voice.turn import PreemptiveGenerationOptions
from livekit.plugins import deepgram

from agent.core.events import Events
from agent.core.livekit_internals.deepgram import DeepgramFlux
from agent.core.livekit_internals.turns import LocalTurnDetector
from agent.core.settings import VoiceSettings
from agent.speech.endpointing import DEFAULT_DELAYS, DETECTOR_STRICTNESS, endpointing_delays
from agent.speech.gemini_transcription import GeminiTranscription
from agent.speech.recognition_failover import FailoverRecognition
from agent.speech.recognition_models import RecognitionChoice

_EARLY_REPLIES: Final[PreemptiveGenerationOptions] = {
    "enabled": True,
    "preemptive_tts": True,
    "max_speech_duration": 60.0,
    "max_retries": 8,
}
"""A reply is generated and synthesised when the trainee pauses, in long turns with several pauses,
too. livekit-agents' defaults are 10 s and 3 replies. A reply is only spoken if the turn ends with
the same words and no function was called meanwhile (tests/unit/test_early_replies.py)."""
_FEW_EARLY_REPLIES: Final[PreemptiveGenerationOptions] = {**_EARLY_REPLIES, "max_retries": 4}
"""For nova-3, which ends a transcript at every pause of 25 ms, also between words. Each reply is
paid for, to the model and to the voice."""


@dataclass(frozen=True)
class Recognition:
    """Speech recognition, and how the end of the trainee's turn is found with it."""

    stt: STT[Any]
    turn_handling: TurnHandlingOptions
    failover: FailoverRecognition

    def ends_turn(self, event: SpeechEvent) -> bool:
        mode = self.turn_handling["turn_detection"]
        return mode == "stt" and event.type is SpeechEventType.END_OF_SPEECH

    def delays_after(self, event: SpeechEvent) -> EndpointingOptions | None:
        """Return how long to wait for more words; None to keep the current delays."""
        if self.turn_handling["turn_detection"] == "stt":
            return None
        if event.type is not SpeechEventType.FINAL_TRANSCRIPT or not event.alternatives:
            return None
        return endpointing_delays(event.alternatives[0].text)


def build_recognition(
    settings: VoiceSettings,
    choice: RecognitionChoice,
    events: Events,
    second: GeminiTranscription | None = None,
) -> Recognition:
    """Build speech recognition with its turn detection, and the `second` one if it fails."""
    build, turns = (_build_flux, _flux_turns) if choice.is_flux else (_build_nova, _detected_turns)
    stt = build(settings, choice)
    return Recognition(stt, turns(settings), FailoverRecognition(stt, second, events))


def _build_flux(settings: VoiceSettings, choice: RecognitionChoice) -> deepgram.STTv2:
    eager = settings.deepgram_eager_eot_threshold
    return DeepgramFlux(
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


def _flux_turns(settings: VoiceSettings) -> TurnHandlingOptions:
    eager = settings.deepgram_eager_eot_threshold > 0
    return {
        "turn_detection": "stt",
        # Flux has waited already: add no delay.
        "endpointing": {"min_delay": 0.0, "max_delay": 0.0},
        # Flux's EagerEndOfTurn starts a reply.
        "preemptive_generation": _EARLY_REPLIES if eager else {"enabled": False},
    }


def _detected_turns(settings: VoiceSettings) -> TurnHandlingOptions:
    return {
        "turn_detection": (
            # Sends the trainee's audio to LiveKit's gateway.
            inference.TurnDetector(version="v1")
            if settings.turn_detector == "cloud"
            else LocalTurnDetector(DETECTOR_STRICTNESS)
        ),
        "endpointing": DEFAULT_DELAYS,
        # A final transcript starts a reply, while the session still waits for more words.
        "preemptive_generation": _FEW_EARLY_REPLIES,
    }
