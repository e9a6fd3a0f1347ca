"""The store in Redis. `interface.py` describes each method, and `redis.lua` does its work."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from agent.core.errors import StoreError
from agent.store.interface import (
    FORGOTTEN_S,
    PRESUMED,
    LedgerEntry,
    Phase,
    RecentRequest,
    StoreSpace,
    forgotten_mark,
)
from agent.store.rates import Limit, LimitReached
from agent.store.redis_server import (
    AVATAR_DAYS,
    DUE_OUTCOMES,
    RedisServer,
    lease_key,
)

_AT_ONCE = 100
_REWRITE_TRIES = 20
_REWRITE_PAUSE_S = 0.5
"""Before the next look at a rewrite that is under way, and may have begun before the deletion."""
_DAY_S = 86_400.0


class RedisStore(RedisServer):
    """The store for several machines."""

    async def phase(self, session_id: str) -> Phase | None:
        found = await self._run_for(session_id, "phase")
        return Phase(found) if found else None

    async def count(self, limits: Sequence[Limit]) -> None:
        if not limits:
            return
        keys, args = _keys_and_args(limits)
        reached = await self._run("count", *args, more_keys=keys)
        _raise_if_reached(limits, reached)

    async def start(
        self, session_id: str, *, claim_dispatch_s: float = 0, limits: Sequence[Limit] = ()
    ) -> Phase | None:
        claim_ms = _ms(claim_dispatch_s) if claim_dispatch_s else 0
        keys, args = _keys_and_args(limits)
        before = await self._run_for(session_id, "start", claim_ms, *args, more_keys=keys)
        _raise_if_reached(limits, before)
        return Phase(before) if before else None

    async def mark_met(self, session_id: str) -> None:
        await self._run_for(session_id, "mark_met")

    async def end(self, session_id: str, reason: str, *, room_sid: str = "") -> None:
        await self._run_for(session_id, "end_session", room_sid, reason, PRESUMED)

    async def end_reason(self, session_id: str) -> str | None:
        found = await self._run_for(session_id, "end_reason")
        ended = found[0] == Phase.ENDED and found[1] != PRESUMED
        return str(found[1]) if ended else None

    async def forget_phase(self, session_id: str, *, room_sid: str = "") -> None:
        await self._run_for(session_id, "forget_phase", room_sid, PRESUMED)

    async def set_room(self, session_id: str, room_sid: str) -> None:
        await self._run_for(session_id, "set_room", room_sid)

    async def restart(self, session_id: str) -> bool:
        return bool(await self._run_for(session_id, "restart"))

    async def claim(self, name: str, ttl_s: float) -> bool:
        return bool(await self._ask("SET", lease_key(name), "", "NX", "PX", _ms(ttl_s)))

    async def hold_lease(self, name: str, holder: str, ttl_s: float) -> bool:
        return bool(await self._run("hold_lease", holder, _ms(ttl_s), more_keys=[lease_key(name)]))

    async def lease_is_held(self, name: str) -> bool:
        return bool(await self._ask("EXISTS", lease_key(name)))

    async def release_lease(self, name: str, holder: str) -> None:
        await self._run("release_lease", holder, more_keys=[lease_key(name)])

    async def save_request(
        self, session_id: str, job_metadata: str, *, room_sid: str, dispatched: bool
    ) -> Phase | None:
        before = await self._run_for(
            session_id, "save_request", room_sid, job_metadata, int(dispatched)
        )
        return Phase(before) if before else None

    async def recent_requests(self, within_s: float, *, keep_s: float) -> list[RecentRequest]:
        now, found = await self._run("recent_requests", within_s, keep_s)
        loop_ahead_s = asyncio.get_running_loop().time() - float(now)
        requests = []
        for session_id, asked, body in found:
            saved = json.loads(body)
            room_sid, metadata, at = map(saved.get, ("room_sid", "job_metadata", "dispatched"))
            dispatched_at = None if at is None else at + loop_ahead_s
            asked_at = float(asked) + loop_ahead_s
            requests.append(RecentRequest(session_id, room_sid, metadata, asked_at, dispatched_at))
        return requests

    async def open_outcome(
        self, outcome_id: str, session_id: str, body: str, lease_s: float, *, age_s: float = 0
    ) -> bool:
        mark, args = [lease_key(forgotten_mark(session_id))], (outcome_id, body, lease_s, age_s)
        return bool(await self._run_for(session_id, "open_outcome", *args, more_keys=mark))

    async def close_outcome(
        self, outcome_id: str, body: str, *, only_expired: bool = False
    ) -> bool:
        return bool(await self._run("close_outcome", outcome_id, body, int(only_expired)))

    async def expired_outcomes(self, limit: int) -> list[tuple[str, str]]:
        return [(id_, body) for id_, body in await self._run("expired_outcomes", limit)]

    async def due_outcomes(
        self, limit: int, *, reserve_s: float = 0, overdue_s: float = 0
    ) -> list[tuple[str, str, int]]:
        found = await self._run("due_outcomes", limit, reserve_s, overdue_s)
        return [(id_, body, int(attempts)) for id_, body, attempts in found]

    async def pending_deliveries(self) -> int:
        return int(await self._ask("ZCARD", DUE_OUTCOMES))

    async def retry_delivery(self, outcome_id: str, attempts: int, delay_s: float) -> None:
        await self._run("retry_delivery", outcome_id, attempts, delay_s)

    async def finish_delivery(self, outcome_id: str) -> None:
        await self._run("finish_delivery", outcome_id)

    async def outcomes(self, session_id: str) -> list[str]:
        return list(await self._run_for(session_id, "outcomes"))

    async def forget_session(self, session_id: str) -> int:
        mark = [lease_key(forgotten_mark(session_id))]
        kept_ms = _ms(FORGOTTEN_S)
        deleted = int(await self._run_for(session_id, "forget_session", kept_ms, more_keys=mark))
        with contextlib.suppress(StoreError):  # a managed server may refuse: see the docs
            await self._rewrite_append_only_file()
        return deleted

    async def is_forgotten(self, session_id: str, age_s: float) -> bool:
        mark = [lease_key(forgotten_mark(session_id))]
        return bool(await self._run("is_forgotten", age_s, more_keys=mark))

    async def _rewrite_append_only_file(self) -> None:
        """Let Redis write its file anew in the background: the old one has what was deleted."""
        for _ in range(_REWRITE_TRIES):
            state = await self.info("persistence")
            if state.get("aof_enabled") != "1":
                return
            if state.get("aof_rewrite_in_progress") == "0":
                await self._ask("BGREWRITEAOF")
                return
            await asyncio.sleep(_REWRITE_PAUSE_S)

    async def forget_older(self, age_s: float) -> int:
        # Keep today and yesterday: the budget of today is checked against the ledger.
        oldest = datetime.now(UTC) - timedelta(seconds=max(age_s, _DAY_S))
        await self._run("forget_old_ledger", f"{oldest:%Y-%m-%d}", age_s)
        # One script for each session: Redis serves no other client while a script runs.
        deleted = 0
        while old := await self._run("old_sessions", age_s, _AT_ONCE):
            for session_id in old:
                deleted += int(await self._run_for(session_id, "forget_session_if_old", age_s))
            if len(old) < _AT_ONCE:
                break
        return deleted

    async def add_avatar_seconds(self, day: str, seconds: float, *, session: str = "") -> None:
        await self._run("add_avatar_seconds", day, seconds, session)

    async def avatar_seconds(self, day: str) -> float:
        found = await self._ask("HGET", AVATAR_DAYS, day)
        return float(found or 0)

    async def avatar_sessions(self, *, only_unbilled: bool = False) -> list[LedgerEntry]:
        found = await self._run("avatar_sessions", int(only_unbilled))
        return [
            LedgerEntry(
                id_, float(given), float(quiet), float(s), float(billed) if billed else None
            )
            for id_, given, quiet, s, billed in found
        ]

    async def set_avatar_bill(self, session: str, billed_s: float) -> None:
        await self._run("set_avatar_bill", session, billed_s)

    async def add_counts(self, counts: Mapping[str, float]) -> None:
        pairs = [part for pair in counts.items() for part in pair]
        await self._run("add_counts", *pairs)

    async def counts(self) -> dict[str, float]:
        found = await self._run("counts")
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
