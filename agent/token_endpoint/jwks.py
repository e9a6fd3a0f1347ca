"""The platform's public keys, as it publishes them (JWKS): fetched, kept, rotated.

A key says by its own type which algorithm it verifies; what a token or the set says of that is
never followed. Shared secrets and private keys in a set are left out. It reads no token.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from agent.errors import PlatformKeysError
from agent.log import log_failure, logger

FRESH_S = 300.0
"""A set this old is fetched again, beside the requests: a withdrawn key is refused from then on."""
KEPT_S = 3600.0
"""How long a set is used that cannot be fetched again."""
FLOOR_S = 5.0
"""Between two fetches at least, however many unknown keys are named meanwhile."""
TIMEOUT_S = 3.0
_SET_MAX = 256 * 1024  # bytes
_KEYS_MAX = 100
_RSA_MIN = 2048  # bits

_ALGORITHMS = {("RSA", None): "RS256", ("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA"}
"""Type and curve of a key, and the one algorithm it is for."""
ALGORITHMS = frozenset(_ALGORITHMS.values())


class KeySet:
    """The keys behind one address.

    Args:
        url: of the set; needs a running event loop only once it is asked.
        fresh_s, kept_s, floor_s, timeout_s: see FRESH_S, KEPT_S, FLOOR_S, TIMEOUT_S.
    """

    def __init__(
        self,
        url: str,
        *,
        fresh_s: float = FRESH_S,
        kept_s: float = KEPT_S,
        floor_s: float = FLOOR_S,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._url = url
        self._fresh_s = fresh_s
        self._kept_s = kept_s
        self._floor_s = floor_s
        self._timeout_s = timeout_s
        self._keys: list[jwt.PyJWK] = []
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._failure = ""
        """Why the last fetch failed; empty where it did not."""
        self._fetching: asyncio.Task[None] | None = None

    async def key(self, kid: str | None, algorithm: str) -> jwt.PyJWK | None:
        """The key of this id, or the only one there is for the algorithm where no id is given.

        Raises:
            PlatformKeysError: whether there is such a key cannot be known now.
        """
        age_s = self._age_s()
        found = self._find(kid, algorithm) if age_s < self._kept_s else None
        if found is None or age_s >= self._fresh_s:
            self._fetch_if_due()
        if found is None and self._fetching is not None:
            # Whoever asks may go away; the fetch is for everybody who waits.
            await asyncio.shield(self._fetching)
        if found is None and self._age_s() < self._kept_s:
            found = self._find(kid, algorithm)
        if found is None and self._failure:
            raise PlatformKeysError(f"PLATFORM_JWKS_URL {self._failure}")
        return found

    async def aclose(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def _age_s(self) -> float:
        if self._fetched_at is None:
            return float("inf")
        return asyncio.get_running_loop().time() - self._fetched_at

    def _find(self, kid: str | None, algorithm: str) -> jwt.PyJWK | None:
        fitting = [k for k in self._keys if k.algorithm_name == algorithm]
        if kid is None:
            return fitting[0] if len(fitting) == 1 else None
        return next((k for k in fitting if k.key_id == kid), None)

    def _fetch_if_due(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._fetching is not None:
            return
        if self._tried_at is not None and now - self._tried_at < self._floor_s:
            return
        self._tried_at = now
        self._fetching = asyncio.create_task(self._refresh(), name="fetch platform keys")
        self._fetching.add_done_callback(self._fetched)

    def _fetched(self, task: asyncio.Task[None]) -> None:
        self._fetching = None
        log_failure(task)

    async def _refresh(self) -> None:
        try:
            keys = _usable(await self._fetch())
        except PlatformKeysError as e:
            if not self._failure:
                logger.warning("the platform's keys cannot be fetched: %s", e)
            self._failure = str(e)
            return
        if self._failure:
            logger.warning("the platform's keys can be fetched again")
        self._keys, self._failure = keys, ""
        self._fetched_at = asyncio.get_running_loop().time()

    async def _fetch(self) -> Any:
        """What the address answers, as JSON. Its texts never reach an error: they are not ours."""
        timeout = aiohttp.ClientTimeout(total=self._timeout_s)
        headers = {"Accept": "application/jwk-set+json, application/json"}
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, headers=headers) as http,
                http.get(self._url, allow_redirects=False) as answer,
            ):
                if answer.status != 200:
                    raise PlatformKeysError(f"answered {answer.status}: it must answer 200 itself")
                body = bytearray()
                async for chunk in answer.content.iter_any():
                    body += chunk
                    if len(body) > _SET_MAX:
                        raise PlatformKeysError(f"answered more than {_SET_MAX} bytes")
        except TimeoutError:
            raise PlatformKeysError(f"did not answer within {self._timeout_s:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as e:
            raise PlatformKeysError(f"cannot be reached ({type(e).__name__})") from None
        try:
            return json.loads(bytes(body))
        except (ValueError, RecursionError):
            raise PlatformKeysError("did not answer JSON") from None


def _usable(answer: Any) -> list[jwt.PyJWK]:
    """The set's keys that verify signatures by one of ALGORITHMS.

    Raises:
        PlatformKeysError: it is no set, or has no such key.
    """
    listed = answer.get("keys") if isinstance(answer, dict) else None
    if not isinstance(listed, list):
        raise PlatformKeysError('did not answer a key set ({"keys": […]})')
    keys = [key for jwk in listed[:_KEYS_MAX] if (key := _usable_key(jwk)) is not None]
    if not keys:
        raise PlatformKeysError("has no key for RS256, ES256 or EdDSA")
    return keys


def _usable_key(jwk: Any) -> jwt.PyJWK | None:
    if not isinstance(jwk, dict) or "d" in jwk or jwk.get("use", "sig") != "sig":
        return None
    kid, kind, curve = jwk.get("kid"), jwk.get("kty"), jwk.get("crv")
    if not all(isinstance(name, str | None) for name in (kid, kind, curve)):
        return None
    algorithm = _ALGORITHMS.get((str(kind), curve))
    if algorithm is None or jwk.get("alg", algorithm) != algorithm:
        return None
    try:
        key = jwt.PyJWK(jwk, algorithm)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, OverflowError):
        return None
    if isinstance(key.key, RSAPublicKey) and key.key.key_size < _RSA_MIN:
        return None
    return key
