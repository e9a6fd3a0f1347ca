"""Outcomes and retention in Redis; `agent.store.interface` describes each method."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

from agent.core.errors import StoreError
from agent.store.redis_server import RedisServer

_OPEN = """
local id, body, lease_s = ARGV[2], ARGV[3], ARGV[4]
if redis.call('HSETNX', sessions, id, session) == 1 then
  redis.call('ZADD', outcomes, now, id)
elseif not redis.call('ZSCORE', open, id) then
  return
end
redis.call('HSET', bodies, id, body)
redis.call('ZADD', open, now + lease_s, id)
touch()
"""
_SAVE = """
local id, body, lease_s = ARGV[1], ARGV[2], ARGV[3]
if not redis.call('ZSCORE', open, id) then return 0 end
redis.call('HSET', bodies, id, body)
redis.call('ZADD', open, now + lease_s, id)
redis.call('ZADD', age, now, redis.call('HGET', sessions, id))
return 1
"""
_CLOSE = """
local id, body, only_expired = ARGV[1], ARGV[2], ARGV[3]
local lease = redis.call('ZSCORE', open, id)
if not lease or (only_expired == '1' and tonumber(lease) > now) then return 0 end
redis.call('ZREM', open, id)
redis.call('HSET', bodies, id, body)
redis.call('ZADD', due, now, id)
redis.call('ZADD', age, now, redis.call('HGET', sessions, id))
return 1
"""
_EXPIRED = """
local found = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', open, '-inf', now, 'LIMIT', 0, ARGV[1])) do
  found[#found + 1] = {id, redis.call('HGET', bodies, id)}
end
return found
"""
_DUE = """
local limit, reserve_s, overdue_s = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local found = {}
local ids = redis.call('ZRANGEBYSCORE', due, '-inf', now - overdue_s, 'LIMIT', 0, limit)
for _, id in ipairs(ids) do
  if reserve_s > 0 then redis.call('ZADD', due, now + reserve_s, id) end
  local body, failed = redis.call('HGET', bodies, id), redis.call('HGET', attempts, id)
  found[#found + 1] = {id, body, failed or '0'}
end
return found
"""
_PENDING = "return redis.call('ZCARD', due)"
_RETRY = """
local id, failed, delay_s = ARGV[1], ARGV[2], ARGV[3]
if not redis.call('ZSCORE', due, id) then return end
redis.call('ZADD', due, now + delay_s, id)
redis.call('HSET', attempts, id, failed)
"""
_FINISH = "redis.call('ZREM', due, ARGV[1]) redis.call('HDEL', attempts, ARGV[1])"
_OUTCOMES = """
local ids = redis.call('ZRANGE', outcomes, 0, -1)
local found = {}
for _, id in ipairs(ids) do found[#found + 1] = redis.call('HGET', bodies, id) end
return found
"""
_DELETE_OLD_LEDGER = """
local oldest_day, age_s = ARGV[1], ARGV[2]
for _, day in ipairs(redis.call('HKEYS', days)) do
  if day < oldest_day then redis.call('HDEL', days, day) end
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', given, '-inf', now - age_s)) do
  redis.call('ZREM', given, id)
  redis.call('HDEL', seconds_of, id)
  redis.call('HDEL', bills, id)
  redis.call('ZREM', unbilled, id)
end
"""
_OLD = "return redis.call('ZRANGEBYSCORE', age, '-inf', now - ARGV[1], 'LIMIT', 0, ARGV[2])"
_DELETE_IF_OLD = """
local changed = redis.call('ZSCORE', age, session)
if not changed or tonumber(changed) > now - ARGV[2] then return 0 end
for _, id in ipairs(redis.call('ZRANGE', outcomes, 0, -1)) do
  local lease = redis.call('ZSCORE', open, id)
  if lease and tonumber(lease) > now then
    touch()
    return 0
  end
end
return delete_session()
"""
_AT_ONCE = 100
_REWRITE_TRIES = 20
_REWRITE_PAUSE_S = 0.5
"""Before the next look at a rewrite that is under way, and may have begun before the deletion."""
_DAY_S = 86_400.0


class RedisOutcomes(RedisServer):
    """The outcome methods of the Redis store."""

    async def open_outcome(
        self, outcome_id: str, session_id: str, body: str, lease_s: float
    ) -> None:
        await self._run_for(session_id, _OPEN, outcome_id, body, lease_s)

    async def save_outcome(self, outcome_id: str, body: str, lease_s: float) -> bool:
        return bool(await self._run(_SAVE, outcome_id, body, lease_s))

    async def close_outcome(
        self, outcome_id: str, body: str, *, only_expired: bool = False
    ) -> bool:
        return bool(await self._run(_CLOSE, outcome_id, body, int(only_expired)))

    async def expired_outcomes(self, limit: int) -> list[tuple[str, str]]:
        return [(id_, body) for id_, body in await self._run(_EXPIRED, limit)]

    async def due_outcomes(
        self, limit: int, *, reserve_s: float = 0, overdue_s: float = 0
    ) -> list[tuple[str, str, int]]:
        found = await self._run(_DUE, limit, reserve_s, overdue_s)
        return [(id_, body, int(attempts)) for id_, body, attempts in found]

    async def pending_deliveries(self) -> int:
        return int(await self._run(_PENDING))

    async def retry_delivery(self, outcome_id: str, attempts: int, delay_s: float) -> None:
        await self._run(_RETRY, outcome_id, attempts, delay_s)

    async def finish_delivery(self, outcome_id: str) -> None:
        await self._run(_FINISH, outcome_id)

    async def outcomes(self, session_id: str) -> list[str]:
        return list(await self._run_for(session_id, _OUTCOMES))

    async def forget_session(self, session_id: str) -> int:
        deleted = int(await self._run_for(session_id, "return delete_session()"))
        with contextlib.suppress(StoreError):  # a managed server may refuse: see the docs
            await self._rewrite_append_only_file()
        return deleted

    async def _rewrite_append_only_file(self) -> None:
        """Let Redis write its file anew in the background: the old one has what was deleted."""
        for _ in range(_REWRITE_TRIES):
            state = await self._ask("INFO", "persistence")
            if "aof_enabled:1" not in state:
                return
            if "aof_rewrite_in_progress:0" in state:
                await self._ask("BGREWRITEAOF")
                return
            await asyncio.sleep(_REWRITE_PAUSE_S)

    async def forget_older(self, age_s: float) -> int:
        # Keep today and yesterday: the budget of today is checked against the ledger.
        oldest = datetime.now(UTC) - timedelta(seconds=max(age_s, _DAY_S))
        await self._run_on_ledger(_DELETE_OLD_LEDGER, f"{oldest:%Y-%m-%d}", age_s)
        # One script for each session: Redis serves no other client while a script runs.
        deleted = 0
        while old := await self._run(_OLD, age_s, _AT_ONCE):
            for session_id in old:
                deleted += int(await self._run_for(session_id, _DELETE_IF_OLD, age_s))
            if len(old) < _AT_ONCE:
                break
        return deleted
