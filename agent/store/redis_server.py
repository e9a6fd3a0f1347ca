"""The Redis connection: how a step is asked for, and the keys. It knows no key's meaning.

Every step is one script. The clock is the server's, so that machines need not agree on the time,
and no step looks through all keys. One server, or a primary with replicas: not a cluster.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, cast

import redis.asyncio as redis
from redis.exceptions import RedisError

from agent.core.errors import StoreError

_WAIT_S = 2.0
"""Longest wait for one answer."""

AVATAR_DAYS: Final = "greeter:avatar_days"
"""Hash: UTC day -> seconds."""
_SHARED_KEYS = [
    f"greeter:{name}"
    for name in (
        "outcome:bodies",  # hash: id -> JSON
        "outcome:sessions",  # hash: id -> session
        "outcome:attempts",  # hash: id -> failed deliveries
        "outcome:open",  # sorted set: id, by the end of its lease
        "outcome:due",  # sorted set: id, by when it is to be delivered
        "age",  # sorted set: session, by its last change
    )
]
_PRELUDE = """
local bodies, sessions, attempts, open, due, age = unpack(KEYS, 1, 6)
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
"""
_SESSION_PRELUDE = (
    _PRELUDE
    + """
local phase, outcomes = KEYS[7], KEYS[8]
local session = ARGV[1]
local function touch() redis.call('ZADD', age, now, session) end
local function forget()
  local ids = redis.call('ZRANGE', outcomes, 0, -1)
  for _, id in ipairs(ids) do
    redis.call('HDEL', bodies, id)
    redis.call('HDEL', sessions, id)
    redis.call('HDEL', attempts, id)
    redis.call('ZREM', open, id)
    redis.call('ZREM', due, id)
  end
  redis.call('DEL', phase, outcomes)
  redis.call('ZREM', age, session)
  return #ids
end
"""
)


class RedisServer:
    """One Redis that all replicas share."""

    def __init__(self, url: str) -> None:
        try:
            self._redis = redis.Redis.from_url(
                url,
                decode_responses=True,
                socket_timeout=_WAIT_S,
                socket_connect_timeout=_WAIT_S,
            )
        except ValueError as e:
            # The address may carry a password: it is not repeated.
            raise StoreError("REDIS_URL must look like redis://host:6379/0") from e

    async def _ask(self, call: Callable[[], Any]) -> Any:
        try:
            # A lost server is retried by the client: the limit is for all of it.
            return await asyncio.wait_for(cast(Awaitable[Any], call()), 2 * _WAIT_S)
        except (RedisError, OSError, TimeoutError) as e:
            raise StoreError(f"Redis cannot be reached or refused: {type(e).__name__}") from e

    async def _run(self, script: str, *args: str | float) -> Any:
        """Run a script that knows the shared keys by their names, and `now`."""
        keys = _SHARED_KEYS
        return await self._ask(lambda: self._redis.eval(_PRELUDE + script, len(keys), *keys, *args))

    async def _run_for(self, session_id: str, script: str, *args: str | float) -> Any:
        """The same for one session: it also knows its keys, `touch` and `forget`; see above."""
        keys = [
            *_SHARED_KEYS,
            f"greeter:session:{session_id}",  # hash: phase, reason, since
            f"greeter:outcomes:{session_id}",  # sorted set: outcome ids, by age
        ]
        return await self._ask(
            lambda: self._redis.eval(_SESSION_PRELUDE + script, len(keys), *keys, session_id, *args)
        )

    async def aclose(self) -> None:
        await self._ask(self._redis.aclose)
