"""Outcomes in Redis, and the forgetting of sessions. Promises: `agent.store.interface`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from agent.store.redis_server import AVATAR_DAYS, RedisServer

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
local id, body, lost = ARGV[1], ARGV[2], ARGV[3]
local lease = redis.call('ZSCORE', open, id)
if not lease or (lost == '1' and tonumber(lease) > now) then return 0 end
redis.call('ZREM', open, id)
redis.call('HSET', bodies, id, body)
redis.call('ZADD', due, now, id)
redis.call('ZADD', age, now, redis.call('HGET', sessions, id))
return 1
"""
_LOST = """
local found = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', open, '-inf', now, 'LIMIT', 0, ARGV[1])) do
  found[#found + 1] = {id, redis.call('HGET', bodies, id)}
end
return found
"""
_DUE = """
local limit, hold_s, overdue_s = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local found = {}
local ids = redis.call('ZRANGEBYSCORE', due, '-inf', now - overdue_s, 'LIMIT', 0, limit)
for _, id in ipairs(ids) do
  if hold_s > 0 then redis.call('ZADD', due, now + hold_s, id) end
  local body, failed = redis.call('HGET', bodies, id), redis.call('HGET', attempts, id)
  found[#found + 1] = {id, body, failed or '0'}
end
return found
"""
_PENDING = "return redis.call('ZCARD', due)"
_POSTPONE = """
local id, failed, in_s = ARGV[1], ARGV[2], ARGV[3]
if not redis.call('ZSCORE', due, id) then return end
redis.call('ZADD', due, now + in_s, id)
redis.call('HSET', attempts, id, failed)
"""
_SETTLE = "redis.call('ZREM', due, ARGV[1]) redis.call('HDEL', attempts, ARGV[1])"
_OUTCOMES = """
local ids = redis.call('ZRANGE', outcomes, 0, -1)
local found = {}
for _, id in ipairs(ids) do found[#found + 1] = redis.call('HGET', bodies, id) end
return found
"""
_FORGET_DAYS = """
local all = redis.call('HKEYS', KEYS[1])
for _, day in ipairs(all) do
  if day < ARGV[1] then redis.call('HDEL', KEYS[1], day) end
end
"""
_OLD = "return redis.call('ZRANGEBYSCORE', age, '-inf', now - ARGV[1], 'LIMIT', 0, ARGV[2])"
_FORGET_IF_OLD = """
local changed = redis.call('ZSCORE', age, session)
if not changed or tonumber(changed) > now - ARGV[2] then return 0 end
for _, id in ipairs(redis.call('ZRANGE', outcomes, 0, -1)) do
  local lease = redis.call('ZSCORE', open, id)
  if lease and tonumber(lease) > now then
    touch()
    return 0
  end
end
return forget()
"""
_AT_ONCE = 100
_DAY_S = 86_400.0


class RedisOutcomes(RedisServer):
    """The outcomes' half of the Redis store."""

    async def open_outcome(
        self, outcome_id: str, session_id: str, body: str, lease_s: float
    ) -> None:
        await self._run_for(session_id, _OPEN, outcome_id, body, lease_s)

    async def save_outcome(self, outcome_id: str, body: str, lease_s: float) -> bool:
        return bool(await self._run(_SAVE, outcome_id, body, lease_s))

    async def close_outcome(self, outcome_id: str, body: str) -> bool:
        return bool(await self._run(_CLOSE, outcome_id, body, 0))

    async def close_lost_outcome(self, outcome_id: str, body: str) -> bool:
        return bool(await self._run(_CLOSE, outcome_id, body, 1))

    async def lost_outcomes(self, limit: int) -> list[tuple[str, str]]:
        return [(id_, body) for id_, body in await self._run(_LOST, limit)]

    async def due_outcomes(
        self, limit: int, *, hold_s: float = 0, overdue_s: float = 0
    ) -> list[tuple[str, str, int]]:
        found = await self._run(_DUE, limit, hold_s, overdue_s)
        return [(id_, body, int(attempts)) for id_, body, attempts in found]

    async def pending_outcomes(self) -> int:
        return int(await self._run(_PENDING))

    async def postpone_outcome(self, outcome_id: str, attempts: int, in_s: float) -> None:
        await self._run(_POSTPONE, outcome_id, attempts, in_s)

    async def settle_outcome(self, outcome_id: str) -> None:
        await self._run(_SETTLE, outcome_id)

    async def outcomes(self, session_id: str) -> list[str]:
        return list(await self._run_for(session_id, _OUTCOMES))

    async def forget_session(self, session_id: str) -> int:
        return int(await self._run_for(session_id, "return forget()"))

    async def forget_older(self, age_s: float) -> int:
        oldest = datetime.now(UTC) - timedelta(seconds=max(age_s, _DAY_S))
        day = f"{oldest:%Y-%m-%d}"
        await self._ask(lambda: self._redis.eval(_FORGET_DAYS, 1, AVATAR_DAYS, day))
        # Each session is a step of its own: Redis does nothing else during one.
        forgotten = 0
        while old := await self._run(_OLD, age_s, _AT_ONCE):
            for session_id in old:
                forgotten += int(await self._run_for(session_id, _FORGET_IF_OLD, age_s))
            if len(old) < _AT_ONCE:
                break
        return forgotten
