"""Settings that worker and token endpoint share: logs, LiveKit, store and outcome webhook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr

from agent.core.settings.base import Settings
from agent.core.settings.field_types import (
    Folder,
    HttpBase,
    HttpUrlOrEmpty,
    Key,
    SecretKey,
    WebhookSecret,
    WebSocketUrl,
)


def values_of(*secrets: SecretStr | None) -> list[str]:
    return [secret.get_secret_value() for secret in secrets if secret is not None]


class DetailSettings(Settings):
    """How much is recorded about single greetings."""

    outcome_detail: Literal["full", "aggregate"] = "full"
    """`aggregate`: only counts over all greetings leave the product; see docs/trust.md."""

    @property
    def only_counts(self) -> bool:
        return self.outcome_detail == "aggregate"

    @classmethod
    def _incomplete(cls, values: Mapping[str, str]) -> Iterator[str]:
        yield from super()._incomplete(values)
        if values.get("OUTCOME_DETAIL") == "aggregate":
            if "OTEL_EXPORTER_OTLP_ENDPOINT" in values:
                yield (
                    "remove OTEL_EXPORTER_OTLP_ENDPOINT: a trace has the times of one greeting, "
                    "which OUTCOME_DETAIL=aggregate does not allow"
                )
            if values.get("RECORDING", "off") != "off":
                yield "set RECORDING=off: OUTCOME_DETAIL=aggregate allows no recordings"


class LogSettings(DetailSettings):
    """Logs and traces."""

    log_format: Literal["json", "text"] | None = None
    """One line for each event; None for text in a terminal and JSON otherwise."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    otel_exporter_otlp_endpoint: HttpUrlOrEmpty = ""
    """URL of an OpenTelemetry collector (OTLP over HTTP); empty for no traces."""


_SECRET_MIN = 32
"""Characters that livekit-server asks of a secret; its keys are shorter."""


class LiveKitSettings(Settings):
    """LiveKit's address and credentials."""

    livekit_url: WebSocketUrl
    livekit_api_key: Key
    livekit_api_secret: SecretKey
    livekit_public_url: WebSocketUrl | None = None
    """LiveKit's address for browsers and Beyond Presence; None for `livekit_url`."""
    livekit_agent_name: str = "training-greeter"
    """Name for explicit dispatch; empty to let LiveKit dispatch to every new room."""

    @property
    def public_url(self) -> str:
        return self.livekit_public_url or self.livekit_url

    @classmethod
    def _incomplete(cls, values: Mapping[str, str]) -> Iterator[str]:
        yield from super()._incomplete(values)
        key, secret = values.get("LIVEKIT_API_KEY", ""), values.get("LIVEKIT_API_SECRET", "")
        if 0 < len(secret) < _SECRET_MIN <= len(key):
            yield "swap LIVEKIT_API_KEY and LIVEKIT_API_SECRET: the secret is the longer one"


class BillSettings(Settings):
    """The comparison of the avatar ledger with Beyond Presence."""

    beyond_presence_api_key: SecretKey | None = Field(
        None, validation_alias=AliasChoices("BEYOND_PRESENCE_API_KEY", "BEY_API_KEY")
    )
    """The worker needs it. With it, the token endpoint compares the ledger every day."""
    bey_api_url: HttpBase = "https://api.bey.dev"
    """Scheme, host, and the path of a proxy; `/v1/sessions` is added."""
    bill_tolerance_s: float = Field(60, ge=0, le=86_400)
    """A session whose length differs by more than this is reported."""


class StoreSettings(DetailSettings):
    """The store that worker and token endpoint share, and the delivery of outcomes."""

    state_dir: Folder = Path(".state")
    """Folder of the SQLite store."""
    redis_url: SecretStr | None = None
    """Redis, the store for several machines; None for SQLite."""
    retention_days: float = Field(30, gt=0, le=3_650)
    """Data of a session is deleted this many days after its last change."""
    avatar_minutes_per_day: float | None = Field(None, ge=0, le=1_000_000)
    """Avatar minutes of all greetings in a UTC day; when they are used up, greetings continue by
    voice. None for no budget, 0 for no avatars."""
    outcome_webhook_url: HttpUrlOrEmpty = Field("", repr=False)
    """URL to which outcomes are sent; empty to only store them."""
    outcome_webhook_secret: WebhookSecret = None
    """Signs outcomes as in Standard Webhooks."""
    outcome_webhook_secret_previous: WebhookSecret = None
    """The old secret, with which outcomes are signed too during a rotation."""

    @property
    def outcome_webhook_secrets(self) -> list[str]:
        return values_of(self.outcome_webhook_secret, self.outcome_webhook_secret_previous)

    @classmethod
    def _incomplete(cls, values: Mapping[str, str]) -> Iterator[str]:
        yield from super()._incomplete(values)
        if "OUTCOME_WEBHOOK_URL" in values and "OUTCOME_WEBHOOK_SECRET" not in values:
            yield "set OUTCOME_WEBHOOK_SECRET: outcomes are always signed"
