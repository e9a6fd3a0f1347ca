"""Rate limits for starting and ending greetings.

Only authenticated, valid requests count. With Redis all replicas share the counts. With SQLite
there is one endpoint process, which counts in memory. If Redis does not answer, each replica counts
in its own memory: a limiter that fails rejects no one.

Each limit has windows of its length that begin at full minutes, hours and so on. A request is
counted in the current window, and the requests of the window before count as much as it overlaps
with the time that the limit looks back. The `limits` library does the same, but its counts in
memory cost more with each key that it knows, and its counts in Redis a round trip for each limit.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from limits import parse

from agent.core.errors import StoreError
from agent.core.log import logger
from agent.core.settings import EndpointSettings
from agent.store import RedisRates
from agent.token_endpoint.errors import ApiError

_REDIS_TIMEOUT_S = 0.5
"""How long a request waits for Redis to count it."""
_REDIS_PAUSE_S = 5.0
"""How long Redis is not used after it did not answer."""


@dataclass(frozen=True)
class Rate:
    """So many requests in so many seconds."""

    amount: int
    window_s: int

    @classmethod
    def of(cls, text: str) -> Self | None:
        """Parse a setting such as `30/minute`; None for no limit."""
        if not text:
            return None
        item = parse(text)
        return cls(item.amount, item.get_expiry())

    def wait_s(self, before: int, now: int, passed: float) -> int:
        """Return after how many whole seconds a request is accepted again.

        Args:
            before, now: requests in the window before and in this one.
            passed: the share of this window that has passed.
        """
        wait = -passed
        if now >= self.amount:  # the next window has to begin first
            wait, before, now = wait + 1, now, 0
        if before:
            wait += max(0.0, 1 - (self.amount - now) / before)
        return min(math.floor(wait * self.window_s) + 1, self.window_s)


@dataclass(frozen=True)
class Limit:
    """One limit that a request counts against."""

    rate: Rate
    key: str
    what: str
    """For the caller."""


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

    async def start(self, session_id: str, trainee_id: str, *, by_backend: bool) -> None:
        """Count the start of a greeting.

        Args:
            trainee_id: the platform's id; without one there is no limit per trainee.

        Raises:
            ApiError: `rate_limited`.
        """
        limits = []
        if self._session:
            limits.append(Limit(self._session, f"start/{session_id}", "this session"))
        if self._trainee and trainee_id:
            # Only a hash is stored: the id is personal data.
            hashed = hashlib.sha256(trainee_id.encode(errors="replace")).hexdigest()[:32]
            limits.append(Limit(self._trainee, f"trainee/{hashed}", "this trainee"))
        if self._backend and by_backend:
            limits.append(Limit(self._backend, "backend/start", "X-API-Key"))
        await self._count(limits)

    async def end(self, session_id: str, *, by_backend: bool) -> None:
        """Count the end of a greeting. It has counts of its own: an end saves money.

        Raises:
            ApiError: `rate_limited`.
        """
        limits = []
        if self._session:
            limits.append(Limit(self._session, f"end/{session_id}", "this session"))
        if self._backend and by_backend:
            limits.append(Limit(self._backend, "backend/end", "X-API-Key"))
        await self._count(limits)

    async def aclose(self) -> None:
        if self._redis is not None:
            await self._redis.aclose()

    async def _count(self, limits: Sequence[Limit]) -> None:
        if not limits:
            return
        now = time.time()
        reached, before, current = await self._hit(limits, now)
        if reached < 0:
            return
        limit, rate = limits[reached], limits[reached].rate
        wait_s = rate.wait_s(before, current, now % rate.window_s / rate.window_s)
        raise ApiError(
            "rate_limited",
            f"too many requests: {limit.what} may send {rate.amount} in {rate.window_s} s",
            {"Retry-After": str(wait_s)},
        )

    async def _hit(self, limits: Sequence[Limit], now: float) -> tuple[int, int, int]:
        """Count one request; see `RedisRates.count`."""
        loop = asyncio.get_running_loop()
        if self._redis is not None and loop.time() >= self._redis_from:
            counted = [
                (
                    limit.key,
                    limit.rate.amount,
                    limit.rate.window_s,
                    int(now // limit.rate.window_s),
                    now % limit.rate.window_s / limit.rate.window_s,
                )
                for limit in limits
            ]
            try:
                async with asyncio.timeout(_REDIS_TIMEOUT_S):
                    return await self._redis.count(counted)
            except (StoreError, TimeoutError) as e:
                self._redis_from = loop.time() + _REDIS_PAUSE_S
                logger.warning(
                    "cannot count requests in Redis; this process counts by itself until Redis "
                    "answers. Check REDIS_URL",
                    extra={"event": "rate_limit_store_unavailable", "error": type(e).__name__},
                )
        return self._local.count(limits, now)


class LocalRates:
    """Counts in memory. A window is dropped as a whole, so old keys cost nothing."""

    def __init__(self) -> None:
        self._windows: dict[int, tuple[int, Counter[str], Counter[str]]] = {}
        """By length: the number of the current window, the counts before it, and its own."""

    def count(self, limits: Sequence[Limit], now: float) -> tuple[int, int, int]:
        """Count one request; see `RedisRates.count`."""
        for index, limit in enumerate(limits):
            rate = limit.rate
            before, current = self._counts(rate.window_s, int(now // rate.window_s))
            left = 1 - now % rate.window_s / rate.window_s
            if math.floor(before[limit.key] * left) + current[limit.key] >= rate.amount:
                return index, before[limit.key], current[limit.key]
            current[limit.key] += 1
        return -1, 0, 0

    def _counts(self, window_s: int, window: int) -> tuple[Counter[str], Counter[str]]:
        known, before, current = self._windows.get(window_s, (window, Counter(), Counter()))
        if window != known:
            before = current if window == known + 1 else Counter()
            current = Counter()
        self._windows[window_s] = window, before, current
        return before, current
