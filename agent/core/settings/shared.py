"""What both processes must know: where LiveKit is, and where things are remembered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from agent.core.settings.base import Settings
from agent.core.settings.kinds import HttpUrlOrEmpty, WebhookSecret, WebSocketUrl


class LogSettings(Settings):
    """How a process writes what happens, and whom it tells."""

    log_format: Literal["json", "text"] | None = None
    """One line an event in either; None: text in a terminal, JSON everywhere else."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    otel_exporter_otlp_endpoint: HttpUrlOrEmpty = ""
    """An OpenTelemetry collector that takes OTLP over HTTP; empty: nothing is traced."""


class LiveKitSettings(Settings):
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


class StoreSettings(Settings):
    """What is remembered, where, for how long, and who is told of it."""

    state_dir: Path = Path(".state")
    """Holds the SQLite store."""
    redis_url: SecretStr | None = None
    """The store of several machines, in place of SQLite."""
    retention_days: float = Field(30, gt=0, le=3_650)
    """What is held of a session is deleted this long after its last change."""
    avatar_minutes_per_day: float | None = Field(None, ge=0, le=1_000_000)
    """What avatars may cost in a UTC day, all greetings together; beyond it greetings are by voice.
    None: no budget. 0: never an avatar."""
    outcome_webhook_url: HttpUrlOrEmpty = Field("", repr=False)
    """Where the platform takes the outcome of each greeting; empty: it is only kept."""
    outcome_webhook_secret: WebhookSecret = None
    """Signs the outcome, as Standard Webhooks has it."""

    @classmethod
    def _lacking(cls, given: Mapping[str, str]) -> str:
        if "OUTCOME_WEBHOOK_URL" in given and "OUTCOME_WEBHOOK_SECRET" not in given:
            return "set OUTCOME_WEBHOOK_SECRET: an outcome is never sent unsigned"
        return super()._lacking(given)
