"""Settings: the one place that reads the environment, one type per process.

Each command demands only what it uses and reports everything missing in one message. The field
names below are the environment's own, in lower case; `.env.example` lists every one of them.
Nothing here is read at import.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_core import ErrorDetails

from agent.errors import ConfigError

_EMPTY_MEANS_SOMETHING = {"LIVEKIT_AGENT_NAME"}
"""Set but empty is a value here (automatic dispatch); everywhere else it means 'not given'."""


def _websocket_url(value: str) -> str:
    """`https://` becomes `wss://`: Beyond Presence answers 400 to anything else."""
    parts = urlsplit(value)
    scheme = {"https": "wss", "http": "ws"}.get(parts.scheme, parts.scheme)
    if scheme not in {"ws", "wss"} or not parts.hostname:
        raise ValueError("must look like wss://your-project.livekit.cloud")
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def _http_base(value: str) -> str:
    """Where a provider is. A proxy's prefix may follow the host; the API's version is added."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be scheme and host, like https://api.example.com")
    if parts.query or parts.fragment:
        raise ValueError("must end with the host, or a proxy's path: no ? and no #")
    if re.search(r"/v\d[^/]*/*$", parts.path):
        raise ValueError("must not end with the API's version (/v1, /v1beta): it is added")
    return value.rstrip("/")


def _deepgram_origin(value: str) -> str:
    """Where Deepgram is, or what stands in for it; a path would be taken for the API's own."""
    if urlsplit(value).path.strip("/"):
        raise ValueError(
            "must be scheme and host alone, like https://api.deepgram.com: "
            "/v1/listen and /v1/speak are added"
        )
    return _http_base(value)


def _http_url_or_empty(value: str) -> str:
    if not value:
        return value
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http(s) URL")
    return value


def _list_of_words(value: Any) -> Any:
    return (
        [part.strip() for part in value.split(",") if part.strip()]
        if isinstance(value, str)
        else value
    )


def _table(value: Any) -> Any:
    """`en=aura-2-andromeda-en, es=aura-2-celeste-es` as a dict."""
    if not isinstance(value, str):
        return value
    rows = [row.partition("=") for row in value.split(",") if row.strip()]
    if not rows or not all(key.strip() and model.strip() for key, _, model in rows):
        raise ValueError("must look like en=aura-2-andromeda-en,es=aura-2-celeste-es")
    return {key.strip(): model.strip() for key, _, model in rows}


Voices = Annotated[dict[str, str], BeforeValidator(_table)]
WebSocketUrl = Annotated[str, AfterValidator(_websocket_url)]
HttpBase = Annotated[str, AfterValidator(_http_base)]
DeepgramOrigin = Annotated[str, AfterValidator(_deepgram_origin)]
HttpUrlOrEmpty = Annotated[str, AfterValidator(_http_url_or_empty)]
Words = Annotated[list[str], BeforeValidator(_list_of_words)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class _Settings(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=str.upper, hide_input_in_errors=True
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read this process's settings.

        Raises:
            ConfigError: names every variable that is missing or unusable; never a value.
        """
        given = {k: v for k, v in environ.items() if v != "" or k in _EMPTY_MEANS_SOMETHING}
        lacking = cls._lacking(given)
        try:
            settings = cls.model_validate(given)
        except ValidationError as e:
            raise ConfigError(_explain(e.errors(), lacking)) from None
        if lacking:
            raise ConfigError(_explain([], lacking))
        return settings

    @classmethod
    def _lacking(cls, given: Mapping[str, str]) -> str:
        """What is missing though no single name is required; one sentence, or empty."""
        return ""

    @classmethod
    def names(cls) -> set[str]:
        """Every variable this process reads, its aliases too."""
        found: set[str] = set()
        for name, field in cls.model_fields.items():
            alias = field.validation_alias
            choices = alias.choices if isinstance(alias, AliasChoices) else [alias or name.upper()]
            found |= {str(choice) for choice in choices}
        return found


def _explain(errors: list[ErrorDetails], lacking: str) -> str:
    missing = [str(e["loc"][0]) for e in errors if e["type"] == "missing"]
    wrong = [
        f"{e['loc'][0]}: {e['msg'].removeprefix('Value error, ')}"
        for e in errors
        if e["type"] != "missing"
    ]
    lines = []
    if missing:
        lines.append("missing from the environment or .env: " + ", ".join(missing))
    if lacking:
        lines.append(lacking)
    if wrong:
        lines.append("unusable: " + "; ".join(wrong))
    return "\n".join([*lines, "Every name is explained in .env.example."])


class LiveKitSettings(_Settings):
    """Where LiveKit is and who we are to it."""

    livekit_url: WebSocketUrl
    livekit_api_key: str
    livekit_api_secret: SecretStr
    livekit_public_url: WebSocketUrl | None = None
    """What browsers and Beyond Presence are given; `livekit_url` where unset."""
    livekit_agent_name: str = "training-greeter"
    """Explicit dispatch by this name; empty: LiveKit dispatches to every new room by itself."""

    @property
    def public_url(self) -> str:
        return self.livekit_public_url or self.livekit_url


class LlmSettings(_Settings):
    """What the console's text mode needs: the LLM, and nothing else."""

    google_api_key: SecretStr
    google_gemini_base_url: HttpBase = "https://generativelanguage.googleapis.com"
    """Scheme and host, and a proxy's path if any; `/v1beta/models/…` is added."""
    gemini_model: str = "gemini-3.5-flash-lite"


class VoiceSettings(LlmSettings):
    """What a spoken conversation needs, in the console or in a room."""

    deepgram_api_key: SecretStr
    deepgram_base_url: DeepgramOrigin = "https://api.deepgram.com"
    """Scheme and host alone; `/v1/listen` and `/v1/speak` are added."""
    deepgram_stt_model: str = "nova-3"
    deepgram_voices: Voices = Field(
        default_factory=lambda: {
            "en": "aura-2-andromeda-en",
            "es": "aura-2-celeste-es",
            "fr": "aura-2-agathe-fr",
            "de": "aura-2-viktoria-de",
        }
    )
    """Which voice speaks which language; the first one speaks any other."""

    def voice_of(self, language: str) -> str:
        """The voice of a language, `en`; the table's first where it has none."""
        return self.deepgram_voices.get(language) or next(iter(self.deepgram_voices.values()))


class WorkerSettings(VoiceSettings, LiveKitSettings):
    """The worker's process and its jobs."""

    beyond_presence_api_key: SecretStr = Field(
        validation_alias=AliasChoices("BEYOND_PRESENCE_API_KEY", "BEY_API_KEY")
    )
    beyond_presence_avatar_id: str = Field(
        validation_alias=AliasChoices("BEYOND_PRESENCE_AVATAR_ID", "BEY_AVATAR_ID")
    )
    bey_api_url: HttpBase = "https://api.bey.dev"
    """Scheme and host, and a proxy's path if any; `/v1/sessions` is added."""

    endpoint_url: HttpUrlOrEmpty = ""
    """Where the token endpoint is told that a greeting has ended; empty: it finds out by itself."""
    agent_http_host: str = "0.0.0.0"
    agent_http_port: int = Field(8081, ge=0, le=65_535)
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


def _long_enough(value: SecretStr | None) -> SecretStr | None:
    if value is not None and len(value.get_secret_value().encode()) < 32:
        raise ValueError("must be 32 bytes or more")
    return value


class EndpointSettings(LiveKitSettings):
    """The token endpoint's process; it needs no provider's key."""

    platform_api_key: SecretStr | None = None
    """What the platform's backend sends as X-API-Key."""
    platform_jwt_secret: Annotated[SecretStr | None, AfterValidator(_long_enough)] = None
    """HS256 secret of the platform's JWTs, 32 bytes or more."""
    cors_allowed_origins: Words = Field(default_factory=list)
    continue_url: HttpUrlOrEmpty = ""
    """Where trainees go on to, unless the platform names another address."""
    token_ttl_s: int = Field(900, ge=60, le=86_400)
    """Lifetime of a trainee's room token."""
    livekit_timeout_s: Seconds = 3
    """Limit of one call to LiveKit's API."""
    dispatch_check_s: Seconds = 3
    """A dispatch that has no job after this long is replaced."""
    state_dir: Path = Path(".state")
    """Holds the SQLite store."""
    redis_url: SecretStr | None = None
    """The store of several replicas, in place of SQLite."""

    @field_validator("platform_api_key")
    @classmethod
    def _key_is_no_word(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 16:
            raise ValueError("must be 16 characters or more")
        return value

    @classmethod
    def _lacking(cls, given: Mapping[str, str]) -> str:
        if "PLATFORM_API_KEY" in given or "PLATFORM_JWT_SECRET" in given:
            return ""
        return (
            "set PLATFORM_API_KEY, PLATFORM_JWT_SECRET or both: "
            "without them nobody could be let in, and there is no bypass"
        )
