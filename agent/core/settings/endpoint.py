"""The token endpoint's settings; it needs no provider's key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, field_validator

from agent.core.settings.kinds import HttpUrlOrEmpty, JwksUrlOrEmpty, Rate, Seconds, Words
from agent.core.settings.shared import LiveKitSettings, LogSettings, StoreSettings

_WAYS_IN = ("PLATFORM_API_KEY", "PLATFORM_JWT_SECRET", "PLATFORM_JWKS_URL")


def _long_enough(value: SecretStr | None) -> SecretStr | None:
    if value is not None and len(value.get_secret_value().encode()) < 32:
        raise ValueError("must be 32 bytes or more")
    return value


class EndpointSettings(LiveKitSettings, StoreSettings, LogSettings):
    """The token endpoint's process; it needs no provider's key."""

    platform_api_key: SecretStr | None = None
    """What the platform's backend sends as X-API-Key."""
    platform_jwt_secret: Annotated[SecretStr | None, AfterValidator(_long_enough)] = None
    """HS256 secret of the platform's JWTs, 32 bytes or more."""
    platform_jwks_url: JwksUrlOrEmpty = ""
    """Where the platform publishes the public keys of its JWTs (RS256, ES256, EdDSA)."""
    platform_jwt_issuer: str = ""
    """What `iss` must be in the platform's JWTs; empty: anything, or nothing."""
    platform_jwt_audience: str = ""
    """What `aud` must be, or name among others; empty: anything, or nothing."""
    cors_allowed_origins: Words = Field(default_factory=list)
    continue_url: HttpUrlOrEmpty = ""
    """Where trainees go on to, unless the platform names another address."""
    token_ttl_s: int = Field(900, ge=60, le=86_400)
    """Lifetime of a trainee's room token."""
    rate_limit_session: Rate = "30/minute"
    """Greetings asked for, and ends, of one session; `off`: no limit. So below."""
    rate_limit_trainee: Rate = "60/minute"
    """Greetings asked for by or for one trainee, whatever the session."""
    rate_limit_backend: Rate = "600/minute"
    """Greetings asked for, and ends, with the platform's key, all together."""
    livekit_timeout_s: Seconds = 3
    """Limit of one call to LiveKit's API."""
    endpoint_metrics_port: int | None = Field(None, ge=0, le=65_535)
    """Prometheus is answered here, never at the port that trainees reach; None: nowhere."""
    dispatch_check_s: Seconds = 3
    """A dispatch that has no job after this long is replaced."""

    @field_validator("platform_api_key")
    @classmethod
    def _key_is_no_word(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 16:
            raise ValueError("must be 16 characters or more")
        return value

    @classmethod
    def _lacking(cls, given: Mapping[str, str]) -> str:
        unsigned = super()._lacking(given)
        if any(name in given for name in _WAYS_IN):
            return unsigned
        nobody = (
            "set PLATFORM_API_KEY, PLATFORM_JWT_SECRET, PLATFORM_JWKS_URL or several: "
            "without them nobody could be let in, and there is no bypass"
        )
        return "\n".join(filter(None, [nobody, unsigned]))
