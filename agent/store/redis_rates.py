"""Counts of requests in Redis, shared by all replicas of the endpoint."""

from __future__ import annotations

from collections.abc import Sequence

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


class RedisRates(RedisServer):
    """Sliding windows; the replicas' clocks differ by little, so the caller's clock is used."""

    async def count(
        self, limits: Sequence[tuple[str, int, int, int, float]]
    ) -> tuple[int, int, int]:
        """Count one request against several limits, in one step.

        Args:
            limits: for each its key, the number of requests, the length of the window in seconds,
                the number of the window, and the share of it that has passed.

        Returns:
            The index of the first limit that is reached (-1: none), and its counts in the window
            before and in this one.

        Raises:
            StoreError: Redis cannot be reached.
        """
        keys: list[str] = []
        args: list[str | float] = []
        for key, amount, window_s, window, passed in limits:
            keys += [f"greeter:rate:{key}:{window}", f"greeter:rate:{key}:{window - 1}"]
            args += [amount, window_s, f"{passed:.6f}"]
        index, before, now = await self._ask(
            lambda client: client.eval(_COUNT, len(keys), *keys, *args)
        )
        return int(index), int(before), int(now)
