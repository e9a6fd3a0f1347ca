"""The platform's public keys, as it publishes them (JWKS): fetched, kept, rotated.

Which of them are used is `agent.core.jwks`' to say. It reads no token.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import jwt

from agent.core.errors import PlatformKeysError
from agent.core.jwks import SET_MAX, usable_keys
from agent.core.log import log_task_failure, logger

FRESH_S = 300.0
"""A set this old is fetched again, beside the requests: a withdrawn key is refused from then on."""
KEPT_S = 3600.0
"""How long a set is used that cannot be fetched again."""
FLOOR_S = 5.0
"""Between two fetches at least, however many unknown keys are named meanwhile."""
TIMEOUT_S = 3.0


class JwksClient:
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
        log_task_failure(task)

    async def _refresh(self) -> None:
        try:
            keys = usable_keys(await self._fetch())
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
                    if len(body) > SET_MAX:
                        raise PlatformKeysError(f"answered more than {SET_MAX} bytes")
        except TimeoutError:
            raise PlatformKeysError(f"did not answer within {self._timeout_s:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as e:
            raise PlatformKeysError(f"cannot be reached ({type(e).__name__})") from None
        try:
            return json.loads(bytes(body))
        except (ValueError, RecursionError):
            raise PlatformKeysError("did not answer JSON") from None
