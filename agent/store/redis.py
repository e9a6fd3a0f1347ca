"""Sessions, claims and the ledger in Redis; `agent.store.interface` describes each method."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from agent.store.interface import PRESUMED, AvatarSession, Phase, RecentRequest, StoreSpace
from agent.store.rates import Limit, LimitReached
from agent.store.redis_outcomes import RedisOutcomes
from agent.store.redis_server import AVATAR_DAYS, COUNTS, claim_key

_ADD = """
local before = redis.call('HGET', phase, 'phase')
if not before then
  redis.call('HSET', phase, 'phase', 'started', 'since', now)
  touch()
end
"""
_COUNT = """
local function reached_limit(first_arg)
  local limits = (#ARGV + 1 - first_arg) / 3
  local first_key = #KEYS + 1 - 2 * limits
  for i = 0, limits - 1 do
    local window, window_before = KEYS[first_key + 2 * i], KEYS[first_key + 2 * i + 1]
    local amount, window_s, passed = unpack(ARGV, first_arg + 3 * i, first_arg + 3 * i + 2)
    local current = tonumber(redis.call('GET', window) or 0)
    local before = tonumber(redis.call('GET', window_before) or 0)
    if math.floor(before * (1 - passed)) + current >= tonumber(amount) then
      return {i, before, current}
    end
    redis.call('INCR', window)
    redis.call('EXPIRE', window, 2 * window_s)
  end
end
"""
"""Counts a request against the limits in the last keys, and in the arguments from a number on."""
_START = (
    _COUNT
    + """
local reached = reached_limit(3)
if reached then return reached end
"""
    + _ADD
    + """
if not before and tonumber(ARGV[2]) > 0 then
  redis.call('SET', dispatch_claim, '1', 'NX', 'PX', ARGV[2])
end
return before
"""
)
_MARK_MET = """
if redis.call('HGET', phase, 'phase') == 'started' then
  redis.call('HSET', phase, 'phase', 'met', 'since', now)
  touch()
end
"""
_IN_ANOTHER_ROOM = """
local room = redis.call('HGET', phase, 'room_sid')
if ARGV[2] ~= '' and room and room ~= ARGV[2] then return end
"""
_SET_ROOM = """
if redis.call('EXISTS', phase) == 1 then redis.call('HSET', phase, 'room_sid', ARGV[2]) end
local known_request = redis.call('HGET', request_bodies, session)
if known_request then
  local body = cjson.decode(known_request)
  body.room_sid = ARGV[2]
  redis.call('HSET', request_bodies, session, cjson.encode(body))
end
"""
_END = (
    _IN_ANOTHER_ROOM
    + """
local known = redis.call('HMGET', phase, 'phase', 'reason')
if known[1] ~= 'ended' or known[2] == ARGV[4] then
  redis.call('HSET', phase, 'phase', 'ended', 'reason', ARGV[3], 'since', now)
  touch()
end
"""
)
_END_REASON = "return redis.call('HMGET', phase, 'phase', 'reason')"
_DELETE_PHASE = """
local deleted = redis.call('DEL', phase)
if redis.call('EXISTS', outcomes) == 0 then redis.call('ZREM', age, session) end
return deleted
"""
_FORGET_PHASE = (
    _IN_ANOTHER_ROOM
    + """
local known = redis.call('HMGET', phase, 'phase', 'reason')
if known[1] == 'ended' and known[2] ~= ARGV[3] then return end
"""
    + _DELETE_PHASE
)
_RESTART = (
    """
if redis.call('HGET', phase, 'phase') ~= 'ended' then return 0 end
"""
    + _DELETE_PHASE
)
_SAVE_REQUEST = (
    _ADD
    + "if before == 'ended' then return before end"
    + _SET_ROOM
    + """
redis.call('ZADD', requests, now, session)
if ARGV[4] == '1' then
  local body = {job_metadata = ARGV[3], room_sid = ARGV[2], dispatched = now}
  redis.call('HSET', request_bodies, session, cjson.encode(body))
elseif not known_request then
  local body = {job_metadata = ARGV[3], room_sid = ARGV[2]}
  redis.call('HSET', request_bodies, session, cjson.encode(body))
end
return before
"""
)
_RECENT_REQUESTS = """
for _, old in ipairs(redis.call('ZRANGEBYSCORE', requests, '-inf', '(' .. (now - ARGV[2]))) do
  redis.call('ZREM', requests, old)
  redis.call('HDEL', request_bodies, old)
end
local found = {}
local asked = redis.call('ZRANGEBYSCORE', requests, now - ARGV[1], '+inf', 'WITHSCORES')
for i = 1, #asked, 2 do
  found[#found + 1] = {asked[i], asked[i + 1], redis.call('HGET', request_bodies, asked[i])}
end
return {tostring(now), found}
"""
_HOLD_LEASE = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_RELEASE_LEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""

_ADD_AVATAR_SECONDS = """
local day, seconds, session = ARGV[1], ARGV[2], ARGV[3]
redis.call('HINCRBYFLOAT', days, day, seconds)
if session == '' then return end
if not redis.call('ZSCORE', given, session) then redis.call('ZADD', given, now, session) end
redis.call('HINCRBYFLOAT', seconds_of, session, seconds)
redis.call('HDEL', bills, session)
redis.call('ZADD', unbilled, now, session)
"""
_AVATAR_SESSIONS = """
local found = {}
for _, id in ipairs(redis.call('ZRANGE', ARGV[1] == '1' and unbilled or given, 0, -1)) do
  local changed = redis.call('ZSCORE', unbilled, id)
  local quiet = changed and tostring(now - changed) or '0'
  local seconds, billed = redis.call('HGET', seconds_of, id), redis.call('HGET', bills, id)
  found[#found + 1] = {id, redis.call('ZSCORE', given, id), quiet, seconds, billed or ''}
end
return found
"""
_SET_AVATAR_BILL = """
local session, billed = ARGV[1], ARGV[2]
if not redis.call('ZSCORE', given, session) then return end
redis.call('HSET', bills, session, billed)
redis.call('ZREM', unbilled, session)
"""
_COUNTS = "return redis.call('HGETALL', KEYS[1])"
"""A pair of items for each count: a script answers the same in every version of the protocol."""
_ADD_COUNTS = """
for i = 1, #ARGV, 2 do redis.call('HINCRBYFLOAT', KEYS[1], ARGV[i], ARGV[i + 1]) end
"""


class RedisStore(RedisOutcomes):
    """The store for several machines."""

    async def phase(self, session_id: str) -> Phase | None:
        found = await self._run_for(session_id, "return redis.call('HGET', phase, 'phase')")
        return Phase(found) if found else None

    async def count(self, limits: Sequence[Limit]) -> None:
        if not limits:
            return
        keys, args = _keys_and_args(limits)
        script = _COUNT + "return reached_limit(1)"
        reached = await self._eval(script, keys, *args)
        _raise_if_reached(limits, reached)

    async def start(
        self, session_id: str, *, claim_dispatch_s: float = 0, limits: Sequence[Limit] = ()
    ) -> Phase | None:
        claim_ms = _ms(claim_dispatch_s) if claim_dispatch_s else 0
        keys, args = _keys_and_args(limits)
        before = await self._run_for(session_id, _START, claim_ms, *args, more_keys=keys)
        _raise_if_reached(limits, before)
        return Phase(before) if before else None

    async def mark_met(self, session_id: str) -> None:
        await self._run_for(session_id, _MARK_MET)

    async def end(self, session_id: str, reason: str, *, room_sid: str = "") -> None:
        await self._run_for(session_id, _END, room_sid, reason, PRESUMED)

    async def end_reason(self, session_id: str) -> str | None:
        found = await self._run_for(session_id, _END_REASON)
        ended = found[0] == Phase.ENDED and found[1] != PRESUMED
        return str(found[1]) if ended else None

    async def forget_phase(self, session_id: str, *, room_sid: str = "") -> None:
        await self._run_for(session_id, _FORGET_PHASE, room_sid, PRESUMED)

    async def set_room(self, session_id: str, room_sid: str) -> None:
        await self._run_for(session_id, _SET_ROOM, room_sid)

    async def restart(self, session_id: str) -> bool:
        return bool(await self._run_for(session_id, _RESTART))

    async def claim(self, name: str, ttl_s: float) -> bool:
        return bool(await self._ask("SET", claim_key(name), "1", "NX", "PX", _ms(ttl_s)))

    async def hold_lease(self, name: str, holder: str, ttl_s: float) -> bool:
        keys = [f"greeter:lease:{name}"]
        return bool(await self._eval(_HOLD_LEASE, keys, holder, _ms(ttl_s)))

    async def lease_is_held(self, name: str) -> bool:
        return bool(await self._ask("EXISTS", f"greeter:lease:{name}"))

    async def release_lease(self, name: str, holder: str) -> None:
        await self._eval(_RELEASE_LEASE, [f"greeter:lease:{name}"], holder)

    async def save_request(
        self, session_id: str, job_metadata: str, *, room_sid: str, dispatched: bool
    ) -> Phase | None:
        before = await self._run_for(
            session_id, _SAVE_REQUEST, room_sid, job_metadata, int(dispatched)
        )
        return Phase(before) if before else None

    async def recent_requests(self, within_s: float, *, keep_s: float) -> list[RecentRequest]:
        now, found = await self._run(_RECENT_REQUESTS, within_s, keep_s)
        requests = []
        for session_id, asked, body in found:
            saved = json.loads(body)
            dispatched = saved.get("dispatched")
            requests.append(
                RecentRequest(
                    session_id=session_id,
                    room_sid=saved["room_sid"],
                    job_metadata=saved["job_metadata"],
                    age_s=float(now) - float(asked),
                    dispatched_age_s=None if dispatched is None else float(now) - dispatched,
                )
            )
        return requests

    async def add_avatar_seconds(self, day: str, seconds: float, *, session: str = "") -> None:
        await self._run_on_ledger(_ADD_AVATAR_SECONDS, day, seconds, session)

    async def avatar_seconds(self, day: str) -> float:
        found = await self._ask("HGET", AVATAR_DAYS, day)
        return float(found or 0)

    async def avatar_sessions(self, *, only_unbilled: bool = False) -> list[AvatarSession]:
        found = await self._run_on_ledger(_AVATAR_SESSIONS, int(only_unbilled))
        return [
            AvatarSession(
                id=id_,
                given_at=float(given_at),
                quiet_s=float(quiet_s),
                seconds=float(seconds),
                billed_s=float(billed) if billed else None,
            )
            for id_, given_at, quiet_s, seconds, billed in found
        ]

    async def set_avatar_bill(self, session: str, billed_s: float) -> None:
        await self._run_on_ledger(_SET_AVATAR_BILL, session, billed_s)

    async def add_counts(self, counts: Mapping[str, float]) -> None:
        pairs = [part for pair in counts.items() for part in pair]
        await self._eval(_ADD_COUNTS, [COUNTS], *pairs)

    async def counts(self) -> dict[str, float]:
        found = await self._eval(_COUNTS, [COUNTS])
        return {name: float(value) for name, value in zip(found[::2], found[1::2], strict=True)}

    async def space(self) -> StoreSpace:
        info = await self.info("memory")
        # Without maxmemory, the machine's memory is the limit; managed servers may hide it.
        limits = (float(info.get(name, 0)) for name in ("maxmemory", "total_system_memory"))
        limit = next(filter(None, limits), math.inf)
        return StoreSpace(used_bytes=float(info.get("used_memory", 0)), limit_bytes=limit)

    async def identity(self) -> str:
        options = self._pool.connection_kwargs
        run_id = (await self.info("server")).get("run_id", options.get("host"))
        return f"{run_id}:{options.get('db') or 0}"

    async def info(self, section: str) -> dict[str, str]:
        """Return what the server says about itself."""
        lines = (await self._ask("INFO", section)).splitlines()
        return {name: value for name, colon, value in (x.partition(":") for x in lines) if colon}


def _keys_and_args(limits: Sequence[Limit]) -> tuple[list[str], list[str | float]]:
    """Return the keys and arguments of limits for _COUNT."""
    keys: list[str] = []
    args: list[str | float] = []
    for limit in limits:
        key = f"greeter:rate:{limit.key}"
        keys += [f"{key}:{limit.window}", f"{key}:{limit.window - 1}"]
        # The replicas' clocks differ by little, so the caller's clock is used.
        args += [limit.amount, limit.window_s, f"{limit.passed:.6f}"]
    return keys, args


def _raise_if_reached(limits: Sequence[Limit], answer: Any) -> None:
    """Raise LimitReached if a script answered which limit is reached, with its counts."""
    if isinstance(answer, list):
        index, before, current = map(int, answer)
        raise LimitReached(limits[index], before, current)


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))
