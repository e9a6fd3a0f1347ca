"""Settings of the worker, and of the console, which needs fewer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import AliasChoices, Field, ValidationInfo, field_validator, model_validator

from agent.core.settings.base import Settings
from agent.core.settings.field_types import (
    DeepgramOrigin,
    HttpBase,
    HttpBaseOrEmpty,
    HttpUrlOrEmpty,
    Key,
    KeyFile,
    Location,
    Seconds,
    SecretKey,
    Table,
)
from agent.core.settings.recording import RecordingSettings
from agent.core.settings.shared import BillSettings, LiveKitSettings, LogSettings, StoreSettings


def _uses_vertex(values: Mapping[str, object]) -> bool:
    given = str(values.get("GOOGLE_GENAI_USE_VERTEXAI", "")).lower()
    return given in {"1", "true", "yes", "on", "t", "y"}


class LlmSettings(Settings):
    """Settings of the text console: the LLM only."""

    google_api_key: SecretKey
    """Required unless `google_genai_use_vertexai`."""
    google_genai_use_vertexai: bool = False
    """Gemini on Vertex AI, in one location, instead of the Gemini API, which has no region."""
    google_cloud_project: str = ""
    google_cloud_location: Location = ""
    """A region such as europe-west4, or the multi-region eu."""
    google_application_credentials: KeyFile = ""
    """Path of a service account's key; Google's library reads it. Empty on Google Cloud, where the
    machine has an identity."""
    google_vertex_base_url: HttpBaseOrEmpty = ""
    """A proxy for Vertex AI; empty for the address of the location."""
    google_gemini_base_url: HttpBase = "https://generativelanguage.googleapis.com"
    """Scheme, host, and the path of a proxy; `/v1beta/models/…` is added."""
    gemini_model: str = "gemini-3.5-flash-lite"
    gemini_fallback_model: str = "gemini-2.5-flash-lite"
    """Answers if `gemini_model` fails; empty or the same for no fallback."""

    @model_validator(mode="before")
    @classmethod
    def _vertex_needs_no_key(cls, values: dict[str, object]) -> dict[str, object]:
        if _uses_vertex(values):
            # Speech recognition by Gemini uses the Gemini API, so it must be asked for.
            values = {"GOOGLE_API_KEY": "", "GEMINI_STT_MODEL": "", **values}
        return values

    @classmethod
    def _incomplete(cls, values: Mapping[str, str]) -> Iterator[str]:
        yield from super()._incomplete(values)
        if _uses_vertex(values):
            needed = ("GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION")
            if missing := [name for name in needed if name not in values]:
                yield f"GOOGLE_GENAI_USE_VERTEXAI=true needs {' and '.join(missing)}"
            if values.get("GEMINI_STT_MODEL") and "GOOGLE_API_KEY" not in values:
                yield (
                    "GEMINI_STT_MODEL needs GOOGLE_API_KEY: it uses the Gemini API, also with "
                    "GOOGLE_GENAI_USE_VERTEXAI. Set GEMINI_STT_MODEL to an empty value"
                )


class VoiceSettings(LlmSettings):
    """Settings of spoken conversations: LLM, STT and TTS."""

    deepgram_api_key: SecretKey
    deepgram_base_url: DeepgramOrigin = "https://api.deepgram.com"
    """Only scheme and host; `/v2/listen`, `/v1/listen` or `/v1/speak` is added."""
    deepgram_stt_model: str = "flux-general-multi"
    """A Flux model decides itself when the trainee's turn ends. Other models use `turn_detector`.
    nova-3 recognises the languages that Flux does not support."""
    deepgram_eot_threshold: float = Field(0.7, ge=0.5, le=0.9)
    """Flux: confidence at which a turn ends. At 1.0, which Deepgram accepts, no turn would end by
    itself."""
    deepgram_eager_eot_threshold: float = Field(0.4, ge=0, le=0.9)
    """Flux: confidence at which a reply is prepared early; 0 for never."""
    deepgram_eot_timeout_ms: int = Field(3_000, ge=500, le=10_000)
    """Flux: silence that ends a turn at any confidence."""
    turn_detector: Literal["local", "cloud"] = "local"
    """For models other than Flux. `cloud` sends the trainee's audio to LiveKit's gateway."""
    gemini_stt_model: str = "gemini-3.5-transcribe-live"
    """Recognises speech if Deepgram fails; empty for no fallback."""
    gemini_tts_model: str = "gemini-3.1-flash-tts-preview"
    """TTS model of the voices `gemini:NAME`."""
    fallback_voice: str = "gemini:Kore"
    """Speaks if the voice in VOICES fails; empty to continue in text."""
    voices: Table = Field(
        default_factory=lambda: {
            "en": "aura-2-andromeda-en",
            "es": "aura-2-celeste-es",
            "fr": "aura-2-agathe-fr",
            "de": "aura-2-viktoria-de",
            "it": "aura-2-livia-it",
            "nl": "aura-2-rhea-nl",
            "ja": "aura-2-izanami-ja",
            "*": "gemini:Kore",
        }
    )
    """The voice for each locale, for `*` (any other locale), and for names that scripts use.
    `agent/speech/voices.py` defines the order."""

    @field_validator("voices", "fallback_voice")
    @classmethod
    def _refuse_flux_voices(cls, value: dict[str, str] | str) -> dict[str, str] | str:
        for voice in value.values() if isinstance(value, dict) else (value,):
            if voice.lower().startswith("flux-"):
                raise ValueError(
                    f"names the Flux voice {voice}, which /v1/speak does not have: use an Aura "
                    "voice, like aura-2-andromeda-en, or a Gemini voice, like gemini:Kore"
                )
        return value

    @field_validator("deepgram_eager_eot_threshold")
    @classmethod
    def _check_eager_threshold(cls, value: float, others: ValidationInfo) -> float:
        # Deepgram refuses a higher one.
        most = others.data.get("deepgram_eot_threshold", 0.9)
        if value and not 0.3 <= value <= most:
            raise ValueError("must be 0, or between 0.3 and DEEPGRAM_EOT_THRESHOLD")
        return value


class WorkerSettings(
    VoiceSettings, LiveKitSettings, StoreSettings, BillSettings, RecordingSettings, LogSettings
):
    beyond_presence_api_key: SecretKey = Field(
        validation_alias=AliasChoices("BEYOND_PRESENCE_API_KEY", "BEY_API_KEY")
    )
    beyond_presence_avatar_id: Key = Field(
        validation_alias=AliasChoices("BEYOND_PRESENCE_AVATAR_ID", "BEY_AVATAR_ID")
    )
    beyond_presence_avatars: Table = Field(default_factory=dict)
    """Avatar ids by script folder, or by a name that scripts use; other scripts use the avatar
    above."""
    endpoint_url: HttpUrlOrEmpty = ""
    """URL of the token endpoint, which `doctor` checks; the worker does not use it."""
    agent_http_host: str = "0.0.0.0"
    agent_http_port: int = Field(8081, ge=0, le=65_535)
    agent_metrics_port: int | None = Field(None, ge=0, le=65_535)
    """Port for Prometheus metrics at AGENT_HTTP_HOST; None for no metrics."""
    max_jobs: int = Field(10, ge=1, le=1_000)
    """Most greetings that this worker runs at once."""
    startup_timeout_s: Seconds = 60
    """Time to wait at the start for LiveKit to become reachable."""
    drain_timeout_s: Seconds = 600
    """Time that running greetings may continue after SIGTERM."""

    avatar_call_timeout_s: Seconds = 5
    """Timeout of each request to Beyond Presence."""
    avatar_deadline_s: Seconds = 6
    """Time for the avatar to join, from its request on, before the greeting starts by voice."""
    trainee_join_timeout_s: Seconds = 15
    """Time that the avatar waits in a room for a trainee who has not joined yet."""
    hearing_timeout_s: Seconds = 45
    """Time that the opening waits until the page reports that it can play sound."""
    return_grace_s: float = Field(8, gt=0, le=25)
    """Time within which a trainee who left may return. LiveKit closes the room after 30 s."""
    max_greeting_s: Seconds = 600
    """Longest duration of a greeting, from the start of its job, waits included."""

    @classmethod
    def _incomplete(cls, values: Mapping[str, str]) -> Iterator[str]:
        yield from super()._incomplete(values)
        health = values.get("AGENT_HTTP_PORT", "8081")
        if values.get("AGENT_METRICS_PORT") == health != "0":
            yield "set another AGENT_METRICS_PORT: AGENT_HTTP_PORT is the same"

    def avatar_of(self, script: str, name: str | None) -> str:
        """Return the id of a script's avatar: by the name in the script, or by its folder."""
        avatars = self.beyond_presence_avatars
        return avatars.get(name or script) or avatars.get(script) or self.beyond_presence_avatar_id
