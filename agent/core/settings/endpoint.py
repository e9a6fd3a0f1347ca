"""Settings of the token endpoint, which needs no provider keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from agent.core.settings.field_types import (
    CommaSeparated,
    HttpUrlOrEmpty,
    JwksUrlOrEmpty,
    Key,
    OriginPatterns,
    Rate,
    RateLimit,
    Seconds,
    Secret,
    SecretKey,
)
from agent.core.settings.shared import (
    BillSettings,
    LiveKitSettings,
    LogSettings,
    StoreSettings,
    values_of,
)

_PREVIOUS_LIVEKIT = ("LIVEKIT_API_KEY_PREVIOUS", "LIVEKIT_API_SECRET_PREVIOUS")
_CREDENTIALS = ("PLATFORM_API_KEY", "PLATFORM_JWT_SECRET", "PLATFORM_JWKS_URL")


def _at_least(size: int, unit: str) -> AfterValidator:
    def check(value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value().encode()) < size:
            raise ValueError(f"must be {size} {unit} or more")
        return value

    return AfterValidator(check)


_ApiKey = Annotated[SecretKey | None, _at_least(16, "characters")]
_JwtSecret = Annotated[Secret | None, _at_least(32, "bytes")]


class EndpointSettings(LiveKitSettings, StoreSettings, BillSettings, LogSettings):
    platform_api_key: _ApiKey = None
    """The key that the platform's backend sends as X-API-Key."""
    platform_jwt_secret: _JwtSecret = None
    """HS256 secret of the platform's JWTs, 32 bytes or more."""
    platform_api_key_previous: _ApiKey = None
    """The old key, accepted too during a rotation."""
    platform_jwt_secret_previous: _JwtSecret = None
    """The old secret, accepted too during a rotation."""
    platform_jwks_url: JwksUrlOrEmpty = ""
    """URL of the public keys for the platform's JWTs (RS256, ES256, EdDSA)."""
    platform_jwt_issuer: str = ""
    """Required `iss` of the platform's JWTs; empty to accept any, or none."""
    platform_jwt_audience: str = ""
    """Required `aud` of the platform's JWTs; empty to accept any, or none."""
    cors_allowed_origins: CommaSeparated = Field(default_factory=list)
    """Origins of the pages that may call the token endpoint."""
    embed_allowed_origins: OriginPatterns = Field(default_factory=list)
    """Origins of the pages that may show `/embed/…` in an iframe."""
    continue_url: HttpUrlOrEmpty = ""
    """URL of the Continue button, unless the platform's request has its own."""
    poster_url: HttpUrlOrEmpty = ""
    """URL of a picture of the guide, unless the script has its own; empty for a drawing."""
    token_ttl_s: int = Field(900, ge=60, le=86_400)
    """Lifetime of a trainee's room token."""
    rate_limit_session: RateLimit = Rate(30, 60)
    """Requests to start or end greetings of one session; `off` for no limit, as below."""
    rate_limit_trainee: RateLimit = Rate(60, 60)
    """Requests to start greetings of one trainee, in all sessions."""
    rate_limit_backend: RateLimit = Rate(600, 60)
    """All requests with PLATFORM_API_KEY to start or end greetings."""
    join_timeout_max_s: float = Field(40, ge=1, le=40)
    """Longest `join_timeout_s` of a request. After 45 s the reaper removes the avatar anyway."""
    livekit_api_key_previous: Key = ""
    """The old LiveKit key, whose webhooks and room tokens are accepted too during a rotation."""
    livekit_api_secret_previous: SecretKey | None = None
    """The secret of the old LiveKit key."""
    livekit_timeout_s: Seconds = 3
    """Timeout of one request to LiveKit's API."""
    endpoint_metrics_port: int | None = Field(None, ge=0, le=65_535)
    """Separate port for Prometheus metrics; None for no metrics."""
    dispatch_check_s: Seconds = 3
    """A dispatch that has no job after this time is replaced."""

    @property
    def platform_api_keys(self) -> list[str]:
        return values_of(self.platform_api_key, self.platform_api_key_previous)

    @property
    def platform_jwt_secrets(self) -> list[str]:
        return values_of(self.platform_jwt_secret, self.platform_jwt_secret_previous)

    @property
    def livekit_keys(self) -> list[tuple[str, str]]:
        """LiveKit's keys and their secrets, the current one first."""
        keys = [(self.livekit_api_key, self.livekit_api_secret.get_secret_value())]
        if self.livekit_api_secret_previous is not None:
            secret = self.livekit_api_secret_previous.get_secret_value()
            keys.append((self.livekit_api_key_previous, secret))
        return keys

    @classmethod
    def _incomplete(cls, values: Mapping[str, str]) -> Iterator[str]:
        if not any(name in values for name in _CREDENTIALS):
            yield (
                "set PLATFORM_API_KEY, PLATFORM_JWT_SECRET or PLATFORM_JWKS_URL: the token "
                "endpoint accepts authenticated requests only"
            )
        yield from super()._incomplete(values)
        for name in ("PLATFORM_API_KEY", "PLATFORM_JWT_SECRET"):
            if f"{name}_PREVIOUS" in values and name not in values:
                yield f"set {name}, too: {name}_PREVIOUS is only for a rotation"
        for needed, given in (_PREVIOUS_LIVEKIT, _PREVIOUS_LIVEKIT[::-1]):
            if given in values and needed not in values:
                yield f"set {needed}, too: a LiveKit key has both"
