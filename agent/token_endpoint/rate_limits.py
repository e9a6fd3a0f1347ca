"""Rate limits: how often a greeting may be asked for, and ended. What costs nothing is not counted.

Counted are requests that would be acted upon, so that malformed ones and strangers use up nobody's
share. On Redis all replicas count together; with SQLite there is one endpoint, which counts in its
memory. So it does while Redis is away: a limiter that fails refuses nobody.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
from typing import Any, cast

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from agent.core.log import logger
from agent.core.settings import EndpointSettings
from agent.token_endpoint.errors import ApiError

_WAIT_S = 0.5
"""For Redis to count; a greeting waits no longer than that for it."""
_AWAY_S = 5.0
"""So long it is not asked again after it did not answer."""
_REDIS_PREFIX = "greeter:rate"


class RateLimits:
    """The three limits of the settings, each on its own count. `aclose` lets go of Redis."""

    def __init__(self, settings: EndpointSettings) -> None:
        self._session = _item(settings.rate_limit_session)
        self._trainee = _item(settings.rate_limit_trainee)
        self._backend = _item(settings.rate_limit_backend)
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._pool: ConnectionPool | None = None
        self._shared: SlidingWindowCounterRateLimiter | None = None
        self._ask_from = 0.0
        if settings.redis_url is not None:
            self._pool = ConnectionPool.from_url(
                settings.redis_url.get_secret_value(),
                socket_timeout=_WAIT_S,
                socket_connect_timeout=_WAIT_S,
            )
            storage = RedisStorage(
                "async+redis://",
                implementation="redispy",
                key_prefix=_REDIS_PREFIX,
                connection_pool=cast(Any, self._pool),
            )
            self._shared = SlidingWindowCounterRateLimiter(storage)

    async def start(self, session_id: str, trainee_id: str, *, by_backend: bool) -> None:
        """A greeting is about to be asked for.

        Args:
            trainee_id: the platform's; a trainee without one has no limit of their own.

        Raises:
            ApiError: `rate_limited`.
        """
        await self._count(self._session, "start", session_id, what="this session")
        if trainee_id:
            # Kept for minutes, and not readable: who it was is nobody's to find there.
            whose = hashlib.sha256(trainee_id.encode(errors="replace")).hexdigest()[:32]
            await self._count(self._trainee, "trainee", whose, what="this trainee")
        if by_backend:
            await self._count(self._backend, "backend", "start", what="X-API-Key")

    async def end(self, session_id: str, *, by_backend: bool) -> None:
        """A greeting is about to be ended; counted apart, for an end saves money.

        Raises:
            ApiError: `rate_limited`.
        """
        await self._count(self._session, "end", session_id, what="this session")
        if by_backend:
            await self._count(self._backend, "backend", "end", what="X-API-Key")

    async def aclose(self) -> None:
        if self._pool is not None:
            await self._pool.disconnect()

    async def _count(self, item: RateLimitItem | None, *key: str, what: str) -> None:
        if item is None:
            return
        wait_s = await self._hit(item, *key)
        if wait_s is not None:
            raise ApiError(
                "rate_limited",
                f"{what} may ask {item.amount} times in {item.get_expiry()} s",
                {"Retry-After": str(min(max(1, math.ceil(wait_s)), item.get_expiry()))},
            )

    async def _hit(self, item: RateLimitItem, *key: str) -> float | None:
        """Count one; how many seconds until there is room again where there was none."""
        now = asyncio.get_running_loop().time()
        if self._shared is not None and now >= self._ask_from:
            try:
                async with asyncio.timeout(_WAIT_S):
                    return await _hit(self._shared, item, *key)
            except (RedisError, OSError, TimeoutError) as e:
                self._ask_from = now + _AWAY_S
                logger.warning(
                    "requests cannot be counted in Redis: this process counts by itself",
                    extra={"error": type(e).__name__},
                )
        return await _hit(self._own, item, *key)


async def _hit(
    limiter: SlidingWindowCounterRateLimiter, item: RateLimitItem, *key: str
) -> float | None:
    if await limiter.hit(item, *key):
        return None
    return (await limiter.get_window_stats(item, *key)).reset_time - time.time()


def _item(rate: str) -> RateLimitItem | None:
    return parse(rate) if rate else None
