"""Rate limits for starting and ending greetings, and for feedback.

Only authenticated, valid requests count. With Redis all replicas share the counts. With SQLite
there is one endpoint process, which counts in memory. If Redis does not answer, each replica counts
in its own memory: a limiter that fails rejects no one.

The limits are sliding windows. Time is divided into windows as long as the limit, which begin at
full minutes, hours and so on. At 40 % of a window, a limit looks back over this window and the last
60 % of the one before. It accepts a request while

    60 % of the requests in the window before + requests in this window < its amount

The `limits` library does the same, but its counts in memory cost more with each key that it knows,
and its counts in Redis a round trip for each limit. Only its parser is used.
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
        await self._count_for_session("end", session_id, by_backend=by_backend)

    async def feedback(self, session_id: str, *, by_backend: bool) -> None:
        """Count feedback. It has counts of its own, so that it uses up no limit of ends.

        Raises:
            ApiError: `rate_limited`.
        """
        await self._count_for_session("feedback", session_id, by_backend=by_backend)

    async def aclose(self) -> None:
        if self._redis is not None:
            await self._redis.aclose()

    async def _count_for_session(self, what: str, session_id: str, *, by_backend: bool) -> None:
        limits = []
        if self._session:
            limits.append(Limit(self._session, f"{what}/{session_id}", "this session"))
        if self._backend and by_backend:
            limits.append(Limit(self._backend, f"backend/{what}", "X-API-Key"))
        await self._count(limits)

    async def _count(self, limits: Sequence[Limit]) -> None:
        """Count one request against all limits, or reject it if one of them is reached."""
        if not limits:
            return
        now = time.time()
        reached, before, current = await self._count_in_redis_or_memory(limits, now)
        if reached < 0:
            return
        limit, rate = limits[reached], limits[reached].rate
        wait_s = rate.wait_s(before, current, rate.window_at(now)[1])
        raise ApiError(
            "rate_limited",
            f"too many requests: {limit.what} may send {rate.amount} in {rate.window_s} s",
            {"Retry-After": str(wait_s)},
        )

    async def _count_in_redis_or_memory(
        self, limits: Sequence[Limit], now: float
    ) -> tuple[int, int, int]:
        """Count one request; see `RedisRates.count` for what is returned."""
        loop = asyncio.get_running_loop()
        if self._redis is not None and loop.time() >= self._redis_from:
            try:
                async with asyncio.timeout(_REDIS_TIMEOUT_S):
                    return await self._redis.count(
                        [
                            (each.key, each.rate.amount, each.rate.window_s)
                            + each.rate.window_at(now)
                            for each in limits
                        ]
                    )
            except (StoreError, TimeoutError) as e:
                self._redis_from = loop.time() + _REDIS_PAUSE_S
                logger.warning(
                    "cannot count requests in Redis; this process counts by itself until Redis "
                    "answers. Check REDIS_URL",
                    extra={"event": "rate_limit_store_unavailable", "error": type(e).__name__},
                )
        return self._local.count(limits, now)


@dataclass(frozen=True)
class Rate:
    """At most `amount` requests in `window_s` seconds."""

    amount: int
    window_s: int

    @classmethod
    def of(cls, text: str) -> Self | None:
        """Parse a setting such as `30/minute`; None for no limit."""
        if not text:
            return None
        item = parse(text)
        return cls(item.amount, item.get_expiry())

    def window_at(self, now: float) -> tuple[int, float]:
        """Return the number of the window at a Unix time, and the share of it that has passed."""
        return int(now // self.window_s), now % self.window_s / self.window_s

    def is_reached(self, before: int, current: int, passed: float) -> bool:
        """Return whether no further request is accepted now; for the arguments, see `wait_s`."""
        return math.floor(before * (1 - passed)) + current >= self.amount

    def wait_s(self, before: int, current: int, passed: float) -> int:
        """Return after how many whole seconds a rejected request is accepted.

        Args:
            before: requests in the window before.
            current: requests in this window.
            passed: the share of this window that has passed.
        """
        wait = -passed  # as a share of the window, like everything below
        if current >= self.amount:
            # The next window has to begin, and this one is then the one before.
            wait, before, current = wait + 1, current, 0
        if before:
            # Until so much of that window has left the limit's view that one request fits in.
            wait += max(0.0, 1 - (self.amount - current) / before)
        return min(math.floor(wait * self.window_s) + 1, self.window_s)


@dataclass(frozen=True)
class Limit:
    """One limit that a request counts against."""

    rate: Rate
    key: str
    """Whose requests are counted together."""
    what: str
    """Names them for the caller."""


class LocalRates:
    """Counts in memory. A window is dropped as a whole, so old keys cost nothing."""

    def __init__(self) -> None:
        self._windows: dict[int, tuple[int, Counter[str], Counter[str]]] = {}
        """By length: the number of the current window, the counts by key of the one before it, and
        its own."""

    def count(self, limits: Sequence[Limit], now: float) -> tuple[int, int, int]:
        """Count one request; see `RedisRates.count`, which does the same in Redis."""
        for index, limit in enumerate(limits):
            rate, key = limit.rate, limit.key
            window, passed = rate.window_at(now)
            before, current = self._counts(rate.window_s, window)
            if rate.is_reached(before[key], current[key], passed):
                return index, before[key], current[key]
            current[key] += 1
        return -1, 0, 0

    def _counts(self, window_s: int, window: int) -> tuple[Counter[str], Counter[str]]:
        """Return the counts of the window before and of this one, which is the current one now."""
        known, before, current = self._windows.get(window_s, (window, Counter(), Counter()))
        if window != known:
            before = current if window == known + 1 else Counter()
            current = Counter()
        self._windows[window_s] = window, before, current
        return before, current
