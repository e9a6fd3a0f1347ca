"""Rate limits for starting and ending greetings, and for feedback.

Only authenticated, valid requests count. With Redis all replicas share the counts. With SQLite
there is one endpoint process, which counts in memory. If Redis does not answer, each replica counts
in its own memory: a limiter that fails rejects no one. `sliding_window` says how they are counted.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

from agent.core.errors import StoreError
from agent.core.log import logger
from agent.core.settings import EndpointSettings
from agent.store import LimitNow, ReachedLimit, RedisRates
from agent.token_endpoint.errors import ApiError
from agent.token_endpoint.sliding_window import LocalRates, Rate

_REDIS_TIMEOUT_S = 0.5
"""How long a request waits for Redis to count it."""
_REDIS_PAUSE_S = 5.0
"""How long Redis is not used after it did not answer."""


@dataclass(frozen=True)
class _Limit:
    """One limit that a request counts against."""

    rate: Rate
    key: str
    """Whose requests are counted together."""
    what: str
    """Names them for the caller."""


class RateLimits:
    """The limits per session, per trainee and for the backend's key. `aclose` closes Redis."""

    def __init__(self, settings: EndpointSettings) -> None:
        self._session = Rate.of(settings.rate_limit_session)
        self._trainee = Rate.of(settings.rate_limit_trainee)
        self._backend = Rate.of(settings.rate_limit_backend)
        self._local = LocalRates()
        self._redis = (
            RedisRates(settings.redis_url.get_secret_value()) if settings.redis_url else None
        )
        self._redis_from = 0.0
        """When Redis may be used again, by the event loop's clock."""

    async def start(self, session_id: str, trainee_id: str, *, by_backend: bool) -> None:
        """Count the start of a greeting.

        Args:
            trainee_id: the platform's id; without one there is no limit per trainee.

        Raises:
            ApiError: `rate_limited`.
        """
        await self._count("start", session_id, trainee_id, by_backend=by_backend)

    async def end(self, session_id: str, *, by_backend: bool) -> None:
        """Count the end of a greeting. It has counts of its own: an end saves money.

        Raises:
            ApiError: `rate_limited`.
        """
        await self._count("end", session_id, by_backend=by_backend)

    async def feedback(self, session_id: str, *, by_backend: bool) -> None:
        """Count feedback. It has counts of its own, so that it uses up no limit of ends.

        Raises:
            ApiError: `rate_limited`.
        """
        await self._count("feedback", session_id, by_backend=by_backend)

    async def aclose(self) -> None:
        if self._redis is not None:
            await self._redis.aclose()

    async def _count(
        self, what: str, session_id: str, trainee_id: str = "", *, by_backend: bool
    ) -> None:
        """Count one request against all its limits, or reject it if one of them is reached."""
        limits: list[_Limit] = []
        if self._session:
            limits.append(_Limit(self._session, f"{what}/{session_id}", "this session"))
        if self._trainee and trainee_id:
            # Only a hash is stored: the id is personal data.
            hashed = hashlib.sha256(trainee_id.encode(errors="replace")).hexdigest()[:32]
            limits.append(_Limit(self._trainee, f"trainee/{hashed}", "this trainee"))
        if self._backend and by_backend:
            limits.append(_Limit(self._backend, f"backend/{what}", "X-API-Key"))
        if not limits:
            return
        now = time.time()
        counted = [each.rate.at(now, each.key) for each in limits]
        reached = await self._count_in_redis_or_memory(counted)
        if reached is None:
            return
        limit = limits[reached.index]
        rate = limit.rate
        wait_s = rate.wait_s(reached, counted[reached.index].passed)
        raise ApiError(
            "rate_limited",
            f"too many requests: {limit.what} may send {rate.amount} in {rate.window_s} s",
            {"Retry-After": str(wait_s)},
        )

    async def _count_in_redis_or_memory(self, limits: Sequence[LimitNow]) -> ReachedLimit | None:
        loop = asyncio.get_running_loop()
        if self._redis is not None and loop.time() >= self._redis_from:
            try:
                async with asyncio.timeout(_REDIS_TIMEOUT_S):
                    return await self._redis.count(limits)
            except (StoreError, TimeoutError) as e:
                self._redis_from = loop.time() + _REDIS_PAUSE_S
                logger.warning(
                    "cannot count requests in Redis; this process counts by itself until Redis "
                    "answers. Check REDIS_URL",
                    extra={"event": "rate_limit_store_unavailable", "error": type(e).__name__},
                )
        return self._local.count(limits)
