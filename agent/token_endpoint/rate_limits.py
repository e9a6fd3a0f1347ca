"""Rate limits for starting and ending greetings.

Only authenticated, valid requests count. With Redis all replicas share the counts. With SQLite
there is one endpoint process, which counts in memory. If Redis does not answer, each replica counts
in its own memory: a limiter that fails rejects no one.
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
from agent.store.redis_client import OPTIONS
from agent.token_endpoint.errors import ApiError

_REDIS_TIMEOUT_S = 0.5
"""How long a request waits for Redis to count it."""
_REDIS_PAUSE_S = 5.0
"""How long Redis is not used after it did not answer."""
_REDIS_PREFIX = "greeter:rate"


class RateLimits:
    """The limits per session, per trainee and for the backend's key. `aclose` closes Redis."""

    def __init__(self, settings: EndpointSettings) -> None:
        self._session = _item(settings.rate_limit_session)
        self._trainee = _item(settings.rate_limit_trainee)
        self._backend = _item(settings.rate_limit_backend)
        self._local = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._pool: ConnectionPool | None = None
        self._shared: SlidingWindowCounterRateLimiter | None = None
        self._redis_from = 0.0
        if settings.redis_url is not None:
            self._pool = ConnectionPool.from_url(
                settings.redis_url.get_secret_value(),
                socket_timeout=_REDIS_TIMEOUT_S,
                socket_connect_timeout=_REDIS_TIMEOUT_S,
                **OPTIONS,
            )
            storage = RedisStorage(
                "async+redis://",
                implementation="redispy",
                key_prefix=_REDIS_PREFIX,
                connection_pool=cast(Any, self._pool),
            )
            self._shared = SlidingWindowCounterRateLimiter(storage)

    async def start(self, session_id: str, trainee_id: str, *, by_backend: bool) -> None:
        """Count the start of a greeting.

        Args:
            trainee_id: the platform's id; without one there is no limit per trainee.

        Raises:
            ApiError: `rate_limited`.
        """
        await self._count(self._session, "start", session_id, what="this session")
        if trainee_id:
            # Only a hash is stored: the id is personal data.
            hashed = hashlib.sha256(trainee_id.encode(errors="replace")).hexdigest()[:32]
            await self._count(self._trainee, "trainee", hashed, what="this trainee")
        if by_backend:
            await self._count(self._backend, "backend", "start", what="X-API-Key")

    async def end(self, session_id: str, *, by_backend: bool) -> None:
        """Count the end of a greeting. It has counts of its own: an end saves money.

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
                f"too many requests: {what} may send {item.amount} in {item.get_expiry()} s",
                {"Retry-After": str(min(max(1, math.ceil(wait_s)), item.get_expiry()))},
            )

    async def _hit(self, item: RateLimitItem, *key: str) -> float | None:
        """Count one request; return the seconds to wait if the limit is reached."""
        now = asyncio.get_running_loop().time()
        if self._shared is not None and now >= self._redis_from:
            try:
                async with asyncio.timeout(_REDIS_TIMEOUT_S):
                    return await _hit(self._shared, item, *key)
            except (RedisError, OSError, TimeoutError) as e:
                self._redis_from = now + _REDIS_PAUSE_S
                logger.warning(
                    "cannot count requests in Redis; this process counts by itself until Redis "
                    "answers. Check REDIS_URL",
                    extra={"event": "rate_limit_store_unavailable", "error": type(e).__name__},
                )
        return await _hit(self._local, item, *key)


async def _hit(
    limiter: SlidingWindowCounterRateLimiter, item: RateLimitItem, *key: str
) -> float | None:
    if await limiter.hit(item, *key):
        return None
    return (await limiter.get_window_stats(item, *key)).reset_time - time.time()


def _item(rate: str) -> RateLimitItem | None:
    return parse(rate) if rate else None
