"""Fetch and cache the platform's public keys (JWKS). `jwks` selects the usable ones."""

from __future__ import annotations

import asyncio
import json
import math
from typing import Any

import aiohttp
import jwt

from agent.core.errors import PlatformKeysError
from agent.core.http_session import http_session, read_at_most
from agent.core.log import logger
from agent.core.tasks import start_task
from agent.token_endpoint.auth.jwks import SET_MAX, usable_keys

REFRESH_S = 300.0
"""After this time the keys are fetched again in the background, which drops withdrawn keys."""
MAX_AGE_S = 3600.0
"""How long keys stay in use if they cannot be fetched again."""
MIN_INTERVAL_S = 5.0
"""Minimum time between two fetches, however many tokens name unknown keys."""
TIMEOUT_S = 3.0


class JwksClient:
    """The keys at the URL where the platform publishes them; `aclose` cancels a fetch."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: list[jwt.PyJWK] = []
        self._fetched_at = -math.inf
        self._tried_at = -math.inf
        self._failure = ""
        """Why the last fetch failed; empty if it succeeded."""
        self._fetching: asyncio.Task[None] | None = None

    async def key(self, kid: str | None, algorithm: str) -> jwt.PyJWK | None:
        """Return the key with this id, or without an id the only key of the algorithm.

        Raises:
            PlatformKeysError: the keys cannot be fetched at the moment.
        """
        found = self._find(kid, algorithm)
        if found is None or self._age_s() >= REFRESH_S:
            self._fetch_if_due()
        if found is None and self._fetching is not None:
            # The caller may be cancelled; other callers wait for the same fetch.
            await asyncio.shield(self._fetching)
            found = self._find(kid, algorithm)
        if found is None and self._failure:
            raise PlatformKeysError(f"PLATFORM_JWKS_URL {self._failure}")
        return found

    async def aclose(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def _age_s(self) -> float:
        return asyncio.get_running_loop().time() - self._fetched_at

    def _find(self, kid: str | None, algorithm: str) -> jwt.PyJWK | None:
        known = self._keys if self._age_s() < MAX_AGE_S else []
        candidates = [k for k in known if k.algorithm_name == algorithm]
        if kid is None:
            return candidates[0] if len(candidates) == 1 else None
        return next((k for k in candidates if k.key_id == kid), None)

    def _fetch_if_due(self) -> None:
        now = asyncio.get_running_loop().time()
        fetching = self._fetching is not None and not self._fetching.done()
        if fetching or now - self._tried_at < MIN_INTERVAL_S:
            return
        self._tried_at = now
        self._fetching = start_task(self._refresh(), name="fetch platform keys")

    async def _refresh(self) -> None:
        try:
            keys = usable_keys(await self._fetch())
        except PlatformKeysError as e:
            if not self._failure:
                logger.warning(
                    "cannot fetch the platform's keys; check PLATFORM_JWKS_URL",
                    extra={"event": "platform_keys_unavailable", "error": str(e)},
                )
            self._failure = str(e)
            return
        if self._failure:
            logger.info(
                "the platform's keys can be fetched again",
                extra={"event": "platform_keys_available"},
            )
        self._keys, self._failure = keys, ""
        self._fetched_at = asyncio.get_running_loop().time()

    async def _fetch(self) -> Any:
        """Return the response as JSON. Errors never repeat its text, which is not ours."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        headers = {"Accept": "application/jwk-set+json, application/json"}
        try:
            async with (
                http_session(timeout=timeout, headers=headers) as http,
                http.get(self._url, allow_redirects=False) as answer,
            ):
                if answer.status != 200:
                    raise PlatformKeysError(f"answered {answer.status}: it must answer 200 itself")
                body = await read_at_most(answer, SET_MAX)
                if len(body) > SET_MAX:
                    raise PlatformKeysError(f"answered more than {SET_MAX} bytes")
        except TimeoutError:
            raise PlatformKeysError(f"did not answer within {TIMEOUT_S:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as e:
            raise PlatformKeysError(f"cannot be reached ({type(e).__name__})") from None
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise PlatformKeysError("did not answer JSON") from None
