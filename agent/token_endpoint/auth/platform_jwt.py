"""The platform's JWTs: verified, with a shared secret (HS256) or its published keys (JWKS).

Which of the two is decided by the algorithm the token names, and each algorithm has keys of its own
kind: a public key is never a secret. Everything else in a token's head (`jwk`, `jku`, `x5u` …) is
ignored, but for `kid`.
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

_SKEW_S = 60
"""How far the platform's clock may be ahead of ours; it lengthens no token's life."""
_KID_MAX = 256  # characters
_SHARED = "HS256"


class PlatformJwtVerifier:
    """Verifies them. `aclose` ends a fetch of keys that is under way."""

    def __init__(self, settings: EndpointSettings) -> None:
        secret = settings.platform_jwt_secret
        self._secret = secret.get_secret_value() if secret else ""
        self._keys = JwksClient(settings.platform_jwks_url) if settings.platform_jwks_url else None
        self._issuer = settings.platform_jwt_issuer or None
        self._audience = settings.platform_jwt_audience or None

    async def claims(self, token: str) -> dict[str, Any]:
        """What a valid token says: `sub` is text and not empty, `exp` is to come.

        Raises:
            ApiError: `unauthorized`.
            PlatformKeysError: whether it is valid cannot be known now.
        """
        if not self._secret and self._keys is None:
            raise unauthorized("platform JWTs are not set up here")
        try:
            head = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as e:
            raise _invalid(e) from None
        algorithm, key = await self._key_for(head)
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                leeway=_SKEW_S,
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
            raise _invalid(e) from None
        if expired:
            raise unauthorized("the token has expired")
        if not claims["sub"]:
            raise unauthorized("the token's sub is empty")
        return claims

    async def aclose(self) -> None:
        if self._keys is not None:
            await self._keys.aclose()

    async def _key_for(self, head: Mapping[str, Any]) -> tuple[str, str | jwt.PyJWK]:
        algorithm, kid = head.get("alg"), head.get("kid")
        if "crit" in head:
            raise unauthorized("the token demands an extension: crit")
        if algorithm == _SHARED and self._secret:
            return _SHARED, self._secret
        if self._keys is None or not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
            raise unauthorized("the token is signed by an algorithm that is not set up here")
        if not isinstance(kid, str | None) or len(kid or "") > _KID_MAX:
            raise unauthorized("the token's kid is not usable")
        key = await self._keys.key(kid, algorithm)
        if key is None:
            raise unauthorized("the token's key is not one of the platform's")
        return algorithm, key


def _invalid(error: Exception) -> ApiError:
    return unauthorized(f"the token is not valid: {type(error).__name__}")
