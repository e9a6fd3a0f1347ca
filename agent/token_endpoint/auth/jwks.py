"""Select the keys of a JWKS that may verify the platform's JWTs. No network access.

The type of a key determines its algorithm; what a token says about it is ignored. Shared secrets
and private keys in a set are not used.
"""

from __future__ import annotations

import contextlib
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from agent.core.errors import PlatformKeysError

SET_MAX = 256 * 1024
"""The largest key set that is read, in bytes."""
_KEYS_MAX = 100
_RSA_MIN = 2048  # bits

_ALGORITHMS = {("RSA", None): "RS256", ("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA"}
"""Type and curve of a key, and its only algorithm."""
ALGORITHMS = frozenset(_ALGORITHMS.values())
ALIASES = {"Ed25519": "EdDSA"}
"""RFC 9864's name of an algorithm: the older name, which PyJWT knows."""


for _alias, _name in ALIASES.items():
    with contextlib.suppress(ValueError):  # a later PyJWT knows the name itself
        jwt.register_algorithm(_alias, jwt.get_algorithm_by_name(_name))


def usable_keys(answer: Any) -> list[jwt.PyJWK]:
    """Return the keys that verify signatures of one of ALGORITHMS.

    Args:
        answer: the parsed JSON of the key set.

    Raises:
        PlatformKeysError: this is not a key set, or it has no such key.
    """
    listed = answer.get("keys") if isinstance(answer, dict) else None
    if not isinstance(listed, list):
        raise PlatformKeysError('did not answer a key set ({"keys": […]})')
    keys = [key for jwk in listed[:_KEYS_MAX] if (key := _usable_key(jwk)) is not None]
    if not keys:
        raise PlatformKeysError("has no key for RS256, ES256 or EdDSA")
    return keys


def _usable_key(jwk: Any) -> jwt.PyJWK | None:
    if not isinstance(jwk, dict):
        return None
    # Some libraries write missing members as null.
    jwk = {name: value for name, value in jwk.items() if value is not None}
    if "d" in jwk or jwk.get("use", "sig") != "sig":
        return None
    kid, kind, curve = jwk.get("kid"), jwk.get("kty"), jwk.get("crv")
    if not all(isinstance(name, str | None) for name in (kid, kind, curve)):
        return None
    algorithm = _ALGORITHMS.get((str(kind), curve))
    alg = jwk.get("alg", algorithm)
    if not isinstance(alg, str) or algorithm is None or ALIASES.get(alg, alg) != algorithm:
        return None
    try:
        key = jwt.PyJWK(jwk, algorithm)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, OverflowError):
        return None
    if isinstance(key.key, RSAPublicKey) and key.key.key_size < _RSA_MIN:
        return None
    return key
