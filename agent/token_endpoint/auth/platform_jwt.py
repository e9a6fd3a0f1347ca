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
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agent.core.settings import EndpointSettings
from agent.token_endpoint.auth.jwks import ALGORITHMS, ALIASES
from agent.token_endpoint.auth.jwks_client import JwksClient
from agent.token_endpoint.errors import ApiError, unauthorized

_CLOCK_SKEW_S = 60
"""How far the platform's clock may be ahead of ours. It does not extend a token's life."""
_KID_MAX = 256  # characters
_SHARED_SECRET = "HS256"
_REASONS: Mapping[type[Exception], str] = {
    jwt.InvalidSignatureError: "the token is signed with another key than the endpoint's",
    jwt.ImmatureSignatureError: "the token's nbf or iat is in the future; check the clocks",
    jwt.InvalidIssuerError: "the token's iss is not PLATFORM_JWT_ISSUER",
    jwt.InvalidAudienceError: "the token's aud is not PLATFORM_JWT_AUDIENCE",
    jwt.InvalidIssuedAtError: "the token's iat is not a number",
}


class PlatformJwtVerifier:
    """Verifies the platform's JWTs; `aclose` cancels a fetch of its keys."""

    def __init__(self, settings: EndpointSettings) -> None:
        self._secrets = settings.platform_jwt_secrets
        self._jwks = JwksClient(settings.platform_jwks_url) if settings.platform_jwks_url else None
        self._issuer = settings.platform_jwt_issuer or None
        self._audience = settings.platform_jwt_audience or None

    async def claims(self, token: str) -> dict[str, Any]:
        """Verify a token and return its claims: `sub` is not empty, `exp` is in the future.

        `sub` may be a number, as `session_id` may; it is returned as text. A claim that is null
        counts as absent.

        Raises:
            ApiError: `unauthorized`.
            PlatformKeysError: the platform's keys cannot be fetched at the moment.
        """
        if not self._secrets and self._jwks is None:
            raise unauthorized("platform JWTs are not configured here")
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as e:
            raise _not_valid(e) from None
        algorithm, key = await self._key_for(header, token)
        try:
            # PyJWT refuses null claims, so find them first. The signature is verified below.
            nulls = _nulls(token)
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
                    # PyJWT accepts only strings; `sub` is checked below.
                    "verify_sub": False,
                    "verify_jti": False,
                    "verify_nbf": "nbf" not in nulls,
                    "verify_iat": "iat" not in nulls,
                },
            )
            expired = int(claims["exp"]) <= time.time()
        except jwt.ExpiredSignatureError:
            expired = True
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as e:
            raise _not_valid(e) from None
        if expired:
            raise unauthorized("the token has expired")
        sub = claims["sub"]
        if isinstance(sub, bool) or not isinstance(sub, str | int):
            raise unauthorized("the token's sub is neither text nor a whole number")
        if not str(sub).strip():
            raise unauthorized("the token's sub is empty")
        return {**claims, "sub": str(sub)}

    async def aclose(self) -> None:
        if self._jwks is not None:
            await self._jwks.aclose()

    def _secret_of(self, token: str) -> str:
        """Return the secret that signed a token; the current one if none did."""
        previous = (secret for secret in self._secrets[1:] if _is_signed_with(secret, token))
        return next(previous, self._secrets[0])

    async def _key_for(
        self, header: Mapping[str, Any], token: str
    ) -> tuple[str, str | jwt.PyJWK | Ed25519PublicKey]:
        """Return the algorithm of a token and the key that verifies it."""
        algorithm, kid = header.get("alg"), header.get("kid")
        if "crit" in header:
            raise unauthorized("the token requires an extension that is not supported: crit")
        if algorithm == _SHARED_SECRET and self._secrets:
            return _SHARED_SECRET, self._secret_of(token)
        known = ALIASES.get(algorithm, algorithm) if isinstance(algorithm, str) else ""
        if self._jwks is None or not isinstance(algorithm, str) or known not in ALGORITHMS:
            raise unauthorized("the token's algorithm is not configured here")
        if not isinstance(kid, str | None) or len(kid or "") > _KID_MAX:
            raise unauthorized("the token's kid is not valid")
        key = await self._jwks.key(kid, known)
        if key is None:
            raise unauthorized("the token's key is not one of the platform's")
        # PyJWT compares the algorithm names of token and key. Under the new name (`Ed25519`), pass
        # the bare key: its type allows only that algorithm.
        return algorithm, key if known == algorithm else key.key


def _is_signed_with(secret: str, token: str) -> bool:
    try:
        jwt.PyJWS().decode(token, secret, algorithms=[_SHARED_SECRET])
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return False
    return True


def _nulls(token: str) -> set[str]:
    """Return the names of the claims that are null, before the signature is verified."""
    claims = jwt.decode(token, options={"verify_signature": False})
    return {name for name, value in claims.items() if value is None}


def _not_valid(error: Exception) -> ApiError:
    if isinstance(error, jwt.MissingRequiredClaimError):
        return unauthorized(f"the token has no {error.claim}")
    why = next((why for kind, why in _REASONS.items() if isinstance(error, kind)), "")
    return unauthorized(why or "the token cannot be decoded; send a JWT, without quotes")
