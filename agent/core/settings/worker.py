"""The worker's settings, and those of its console, which needs less."""

from __future__ import annotations

from pydantic import AliasChoices, Field, SecretStr

from agent.core.settings.base import Settings
from agent.core.settings.kinds import (
    DeepgramOrigin,
    HttpBase,
    HttpUrlOrEmpty,
    Seconds,
    Table,
)
from agent.core.settings.recording import RecordingSettings
from agent.core.settings.shared import LiveKitSettings, LogSettings, StoreSettings


class LlmSettings(Settings):
    """What the console's text mode needs: the LLM, and nothing else."""

    google_api_key: SecretStr
    google_gemini_base_url: HttpBase = "https://generativelanguage.googleapis.com"
    """Scheme and host, and a proxy's path if any; `/v1beta/models/…` is added."""
    gemini_model: str = "gemini-3.5-flash-lite"
    gemini_fallback_model: str = "gemini-2.5-flash-lite"
    """Answers where `gemini_model` fails; empty or the same: nobody does."""


class VoiceSettings(LlmSettings):
    """What a spoken conversation needs, in the console or in a room."""

    deepgram_api_key: SecretStr
    deepgram_base_url: DeepgramOrigin = "https://api.deepgram.com"
    """Scheme and host alone; `/v1/listen` and `/v1/speak` are added."""
    deepgram_stt_model: str = "nova-3"
    gemini_tts_model: str = "gemini-3.1-flash-tts-preview"
    """Speaks where a voice is given as `gemini:NAME`."""
    fallback_voice: str = "gemini:Kore"
    """Speaks where the voice of VOICES fails; empty: nobody does, and what is said is read."""
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
    """Which voice speaks which locale, and `*` any other; or a name that scripts use. See
    `agent/speech/voices.py` for the order in which it is asked."""


class WorkerSettings(VoiceSettings, LiveKitSettings, StoreSettings, RecordingSettings, LogSettings):
    """The worker's process and its jobs."""

    beyond_presence_api_key: SecretStr = Field(
        validation_alias=AliasChoices("BEYOND_PRESENCE_API_KEY", "BEY_API_KEY")
    )
    beyond_presence_avatar_id: str = Field(
        validation_alias=AliasChoices("BEYOND_PRESENCE_AVATAR_ID", "BEY_AVATAR_ID")
    )
    beyond_presence_avatars: Table = Field(default_factory=dict)
    """A script's folder, or a name that scripts use, and the avatar of each; any other script has
    the one above."""
    bey_api_url: HttpBase = "https://api.bey.dev"
    """Scheme and host, and a proxy's path if any; `/v1/sessions` is added."""

    endpoint_url: HttpUrlOrEmpty = ""
    """Where the token endpoint is told that a greeting has ended; empty: it finds out by itself."""
    agent_http_host: str = "0.0.0.0"
    agent_http_port: int = Field(8081, ge=0, le=65_535)
    agent_metrics_port: int | None = Field(None, ge=0, le=65_535)
    """Prometheus is answered here, at AGENT_HTTP_HOST; None: nobody counts."""
    max_jobs: int = Field(10, ge=1, le=1_000)
    """Greetings this worker holds at once."""
    startup_timeout_s: Seconds = 60
    """How long an unreachable LiveKit is tolerated before the first registration."""
    drain_timeout_s: Seconds = 600
    """How long running greetings may go on after SIGTERM."""

    avatar_call_timeout_s: Seconds = 5
    """The whole call to Beyond Presence, its retry included."""
    avatar_deadline_s: Seconds = 6
    """How long the trainee waits for the avatar before being greeted by voice."""
    trainee_join_timeout_s: Seconds = 15
    """How long the avatar is kept in a room the trainee has not entered yet."""
    hearing_timeout_s: Seconds = 45
    """How long the opening waits for our page to say that sound is unlocked."""
    return_grace_s: Seconds = 8
    """How long a trainee who left cleanly may take to come back."""
    max_greeting_s: Seconds = 600
    """The longest a greeting may last."""

    def avatar_of(self, script: str, wish: str | None) -> str:
        """The provider's id of a script's avatar.

        In this order: the name the script wishes for, the script's own name, the usual avatar.
        """
        named = self.beyond_presence_avatars
        return named.get(wish or script) or named.get(script) or self.beyond_presence_avatar_id
