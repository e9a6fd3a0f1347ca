"""Counts of requests in Redis, shared by all replicas of the endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from agent.store.redis_server import RedisServer

_COUNT = """
for i = 1, #KEYS / 2 do
  local limit, window_s, passed = tonumber(ARGV[3 * i - 2]), ARGV[3 * i - 1], ARGV[3 * i]
  local now = tonumber(redis.call('GET', KEYS[2 * i - 1]) or 0)
  local before = tonumber(redis.call('GET', KEYS[2 * i]) or 0)
  if math.floor(before * (1 - passed)) + now >= limit then return {i - 1, before, now} end
  redis.call('INCR', KEYS[2 * i - 1])
  redis.call('EXPIRE', KEYS[2 * i - 1], 2 * window_s)
end
return {-1, 0, 0}
"""
"""For each limit: its number in this window and in the one before, weighted by the share of the
window that has not passed. It returns the first limit that is reached."""


class LimitNow(NamedTuple):
    """How many requests with one key are accepted, and the window of time that is current."""

    key: str
    """Whose requests are counted together."""
    amount: int
    window_s: int
    """The length of a window."""
    window: int
    """The number of the current window."""
    passed: float
    """The share of it that has passed."""


@dataclass(frozen=True)
class ReachedLimit:
    """The first limit that accepts no request more, and its counts."""

    index: int
    """Its place among the limits."""
    before: int
    """In the window before."""
    current: int
    """In the current window."""


class RedisRates(RedisServer):
    """Sliding windows; the replicas' clocks differ by little, so the caller's clock is used."""

    async def count(self, limits: Sequence[LimitNow]) -> ReachedLimit | None:
        """Count one request against several limits, in one step.

        Returns:
            None if all accept it. The limits before a reached one have counted it.

        Raises:
            StoreError: Redis cannot be reached.
        """
        keys: list[str] = []
        args: list[str | float] = []
        for limit in limits:
            key = f"greeter:rate:{limit.key}"
            keys += [f"{key}:{limit.window}", f"{key}:{limit.window - 1}"]
            args += [limit.amount, limit.window_s, f"{limit.passed:.6f}"]
        index, before, now = await self._ask(
            lambda client: client.eval(_COUNT, len(keys), *keys, *args)
        )
        return ReachedLimit(int(index), int(before), int(now)) if int(index) >= 0 else None
