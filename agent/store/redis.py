"""Sessions, claims and the ledger in Redis; `agent.store.interface` describes each method."""

from __future__ import annotations

from agent.store.interface import PRESUMED, Phase
from agent.store.redis_outcomes import RedisOutcomes
from agent.store.redis_server import AVATAR_DAYS

_START = """
local before = redis.call('HGET', phase, 'phase')
if not before then
  redis.call('HSET', phase, 'phase', 'started', 'since', now)
  touch()
end
return before
"""
_MARK_MET = """
if redis.call('HGET', phase, 'phase') == 'started' then
  redis.call('HSET', phase, 'phase', 'met', 'since', now)
  touch()
end
"""
_END = """
local known = redis.call('HMGET', phase, 'phase', 'reason')
if known[1] ~= 'ended' or known[2] == ARGV[3] then
  redis.call('HSET', phase, 'phase', 'ended', 'reason', ARGV[2], 'since', now)
  touch()
end
"""
_END_REASON = "return redis.call('HMGET', phase, 'phase', 'reason')"
_DELETE_PHASE = """
local deleted = redis.call('DEL', phase)
if redis.call('EXISTS', outcomes) == 0 then redis.call('ZREM', age, session) end
return deleted
"""
_FORGET_PHASE = (
    """
local known = redis.call('HMGET', phase, 'phase', 'reason')
if known[1] == 'ended' and known[2] ~= ARGV[2] then return end
"""
    + _DELETE_PHASE
)
_RESTART = (
    """
if redis.call('HGET', phase, 'phase') ~= 'ended' then return 0 end
"""
    + _DELETE_PHASE
)


class RedisStore(RedisOutcomes):
    """The store for several machines."""

    async def phase(self, session_id: str) -> Phase | None:
        found = await self._run_for(session_id, "return redis.call('HGET', phase, 'phase')")
        return Phase(found) if found else None

    async def start(self, session_id: str) -> Phase | None:
        before = await self._run_for(session_id, _START)
        return Phase(before) if before else None

    async def mark_met(self, session_id: str) -> None:
        await self._run_for(session_id, _MARK_MET)

    async def end(self, session_id: str, reason: str) -> None:
        await self._run_for(session_id, _END, reason, PRESUMED)

    async def end_reason(self, session_id: str) -> str | None:
        found = await self._run_for(session_id, _END_REASON)
        ended = found[0] == Phase.ENDED and found[1] != PRESUMED
        return str(found[1]) if ended else None

    async def forget_phase(self, session_id: str) -> None:
        await self._run_for(session_id, _FORGET_PHASE, PRESUMED)

    async def restart(self, session_id: str) -> bool:
        return bool(await self._run_for(session_id, _RESTART))

    async def claim(self, name: str, ttl_s: float) -> bool:
        return bool(
            await self._ask(
                lambda: self._redis.set(
                    f"greeter:claim:{name}", "1", nx=True, px=max(1, round(ttl_s * 1000))
                )
            )
        )

    async def add_avatar_seconds(self, day: str, seconds: float) -> None:
        await self._ask(lambda: self._redis.hincrbyfloat(AVATAR_DAYS, day, seconds))

    async def avatar_seconds(self, day: str) -> float:
        found = await self._ask(lambda: self._redis.hget(AVATAR_DAYS, day))
        return float(found or 0)
