"""Verify the platform's JWTs, with a shared secret (HS256) or its published keys (JWKS).

The algorithm in the token's header selects which of the two is used. Each algorithm accepts only
its own kind of key, so a public key is never used as a shared secret. Other header fields (`jwk`,
`jku`, `x5u` …) are ignored, except `kid`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import jwt

from agent.core.jwks import ALGORITHMS
from agent.core.settings import EndpointSettings
from agent.token_endpoint.auth.jwks import JwksClient
from agent.token_endpoint.errors import ApiError, unauthorized

_CLOCK_SKEW_S = 60
"""How far the platform's clock may be ahead of ours. It does not extend a token's life."""
_KID_MAX = 256  # characters
_SHARED_SECRET = "HS256"


class PlatformJwtVerifier:
    """Verifies the platform's JWTs; `aclose` cancels a fetch of its keys."""

    def __init__(self, settings: EndpointSettings) -> None:
        secret = settings.platform_jwt_secret
        self._secret = secret.get_secret_value() if secret else ""
        self._jwks = JwksClient(settings.platform_jwks_url) if settings.platform_jwks_url else None
        self._issuer = settings.platform_jwt_issuer or None
        self._audience = settings.platform_jwt_audience or None

    async def claims(self, token: str) -> dict[str, Any]:
        """Verify a token and return its claims: `sub` is not empty, `exp` is in the future.

        Raises:
            ApiError: `unauthorized`.
            PlatformKeysError: the platform's keys cannot be fetched at the moment.
        """
        if not self._secret and self._jwks is None:
            raise unauthorized("platform JWTs are not configured here")
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as e:
            raise _not_valid(e) from None
        algorithm, key = await self._key_for(header)
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                leeway=_CLOCK_SKEW_S,
                issuer=self._issuer,
                audience=self._audience,
                options={
                    "require": ["exp", "sub"],
                    "verify_aud": self._audience is not None,
                },
            )
            expired = int(claims["exp"]) <= time.time()
        except jwt.ExpiredSignatureError:
            expired = True
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as e:
            raise _not_valid(e) from None
        if expired:
            raise unauthorized("the token has expired")
        if not claims["sub"]:
            raise unauthorized("the token's sub is empty")
        return claims

    async def aclose(self) -> None:
        if self._jwks is not None:
            await self._jwks.aclose()

    async def _key_for(self, header: Mapping[str, Any]) -> tuple[str, str | jwt.PyJWK]:
        """Return the algorithm of a token and the key that verifies it."""
        algorithm, kid = header.get("alg"), header.get("kid")
        if "crit" in header:
            raise unauthorized("the token requires an extension that is not supported: crit")
        if algorithm == _SHARED_SECRET and self._secret:
            return _SHARED_SECRET, self._secret
        if self._jwks is None or not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
            raise unauthorized("the token's algorithm is not configured here")
        if not isinstance(kid, str | None) or len(kid or "") > _KID_MAX:
            raise unauthorized("the token's kid is not valid")
        key = await self._jwks.key(kid, algorithm)
        if key is None:
            raise unauthorized("the token's key is not one of the platform's")
        return algorithm, key


def _not_valid(error: Exception) -> ApiError:
    return unauthorized(f"the token is not valid: {type(error).__name__}")
