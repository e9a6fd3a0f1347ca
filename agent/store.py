"""The store: the little that must outlive a process. It holds no personal data.

`Store` is the whole interface; SQLite keeps it for one machine, Redis for several replicas. What a
later issue must remember (ledger, budget, outbox) is a new method here and in both of them.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar, cast

import redis.asyncio as redis
from redis.exceptions import RedisError

from agent.errors import StoreError

T = TypeVar("T")

_WAIT_S = 2.0
"""Longest wait for another process's write, or for one answer of Redis."""


class Phase(StrEnum):
    """How far a session's greeting has come; a session we know nothing of has none."""

    STARTED = "started"
    """A greeter was sent for; nobody has met it yet."""
    MET = "met"
    """Trainee and greeter were in the room together: once the room is gone, it is over."""
    ENDED = "ended"


PRESUMED: Final = "presumed: the room was gone"
"""The reason of an end that nobody reported: a later report may know better. No caller can give it,
for theirs are single words."""


class Store(Protocol):
    """Every method is one atomic step and raises StoreError where the store cannot be reached."""

    async def phase(self, session_id: str) -> Phase | None:
        """How far this session has come; None where nothing is known."""

    async def start(self, session_id: str) -> Phase | None:
        """Start a session nothing is known of; the phase before, so None to the one starter."""

    async def mark_met(self, session_id: str) -> None:
        """STARTED becomes MET; anything else stays as it is."""

    async def end(self, session_id: str, reason: str) -> None:
        """Any phase, or none, becomes ENDED; the first reason is kept, unless it was PRESUMED."""

    async def forget(self, session_id: str) -> None:
        """As if it had never started; what ended stays so, unless that was only PRESUMED."""

    async def restart(self, session_id: str) -> bool:
        """Forget that this session ended; True to the one caller whose call did it."""

    async def claim(self, name: str, ttl_s: float) -> bool:
        """Take `name` for `ttl_s` seconds; False while anybody holds it."""

    async def aclose(self) -> None:
        """Let go of connections; the store cannot be used afterwards."""


def open_store(state_dir: Path, redis_url: str | None) -> Store:
    """Redis where an address is given, else SQLite in `state_dir`.

    Raises:
        StoreError: the directory cannot be written, or the address is no Redis address.
    """
    return RedisStore(redis_url) if redis_url else SqliteStore(state_dir / "store.sqlite3")


_SCHEMA = """
CREATE TABLE IF NOT EXISTS session (
    id TEXT PRIMARY KEY, phase TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', since REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS claim (name TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;
"""


class SqliteStore:
    """One file, which every process on this machine may share; readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as e:
            raise StoreError(f"{path} cannot be written: {e.strerror}") from e
        with self._connection() as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.executescript(_SCHEMA)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            db = sqlite3.connect(self._path, timeout=_WAIT_S, isolation_level=None)
            try:
                yield db
            finally:
                db.close()
        except sqlite3.Error as e:
            raise StoreError(f"{self._path}: {e}") from e

    async def _write(self, step: Callable[[sqlite3.Connection], T]) -> T:
        """Run one step as a transaction of its own, in a thread."""

        def transaction() -> T:
            with self._connection() as db:
                db.execute("PRAGMA synchronous=NORMAL")
                db.execute("BEGIN IMMEDIATE")
                with db:
                    return step(db)

        return await asyncio.to_thread(transaction)

    async def phase(self, session_id: str) -> Phase | None:
        def read() -> Phase | None:
            with self._connection() as db:
                return _phase_of(db, session_id)

        return await asyncio.to_thread(read)

    async def start(self, session_id: str) -> Phase | None:
        def step(db: sqlite3.Connection) -> Phase | None:
            before = _phase_of(db, session_id)
            if before is None:
                db.execute(
                    "INSERT INTO session (id, phase, since) VALUES (?, ?, ?)",
                    (session_id, Phase.STARTED, time.time()),
                )
            return before

        return await self._write(step)

    async def mark_met(self, session_id: str) -> None:
        def step(db: sqlite3.Connection) -> None:
            db.execute(
                "UPDATE session SET phase = ?, since = ? WHERE id = ? AND phase = ?",
                (Phase.MET, time.time(), session_id, Phase.STARTED),
            )

        await self._write(step)

    async def end(self, session_id: str, reason: str) -> None:
        def step(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT INTO session (id, phase, reason, since) VALUES (?1, ?2, ?3, ?4)"
                " ON CONFLICT (id) DO UPDATE SET phase = ?2, reason = ?3, since = ?4"
                " WHERE phase <> ?2 OR reason = ?5",
                (session_id, Phase.ENDED, reason, time.time(), PRESUMED),
            )

        await self._write(step)

    async def forget(self, session_id: str) -> None:
        def step(db: sqlite3.Connection) -> None:
            db.execute(
                "DELETE FROM session WHERE id = ? AND (phase <> ? OR reason = ?)",
                (session_id, Phase.ENDED, PRESUMED),
            )

        await self._write(step)

    async def restart(self, session_id: str) -> bool:
        def step(db: sqlite3.Connection) -> bool:
            gone = db.execute(
                "DELETE FROM session WHERE id = ? AND phase = ?", (session_id, Phase.ENDED)
            )
            return gone.rowcount == 1

        return await self._write(step)

    async def claim(self, name: str, ttl_s: float) -> bool:
        def step(db: sqlite3.Connection) -> bool:
            now = time.time()
            db.execute("DELETE FROM claim WHERE until <= ?", (now,))
            taken = db.execute(
                "INSERT INTO claim (name, until) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (name, now + ttl_s),
            )
            return taken.rowcount == 1

        return await self._write(step)

    async def aclose(self) -> None:
        """Nothing is held between two steps."""


def _phase_of(db: sqlite3.Connection, session_id: str) -> Phase | None:
    row = db.execute("SELECT phase FROM session WHERE id = ?", (session_id,)).fetchone()
    return Phase(row[0]) if row else None


_MARK_MET = """
if redis.call('HGET', KEYS[1], 'phase') == 'started' then
  redis.call('HSET', KEYS[1], 'phase', 'met', 'since', ARGV[1])
end
"""
_END = """
local known = redis.call('HMGET', KEYS[1], 'phase', 'reason')
if known[1] ~= 'ended' or known[2] == ARGV[3] then
  redis.call('HSET', KEYS[1], 'phase', 'ended', 'reason', ARGV[1], 'since', ARGV[2])
end
"""
_FORGET = """
local known = redis.call('HMGET', KEYS[1], 'phase', 'reason')
if known[1] ~= 'ended' or known[2] == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""
_START = """
local before = redis.call('HGET', KEYS[1], 'phase')
if not before then redis.call('HSET', KEYS[1], 'phase', 'started', 'since', ARGV[1]) end
return before
"""
_RESTART = """
if redis.call('HGET', KEYS[1], 'phase') ~= 'ended' then return 0 end
return redis.call('DEL', KEYS[1])
"""


class RedisStore:
    """One Redis that all replicas share; each step is one command or one script."""

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

    async def _run(self, script: str, session_id: str, *args: str | float) -> Any:
        return await self._ask(lambda: self._redis.eval(script, 1, _key(session_id), *args))

    async def phase(self, session_id: str) -> Phase | None:
        found = await self._ask(lambda: self._redis.hget(_key(session_id), "phase"))
        return Phase(found) if found else None

    async def start(self, session_id: str) -> Phase | None:
        before = await self._run(_START, session_id, time.time())
        return Phase(before) if before else None

    async def mark_met(self, session_id: str) -> None:
        await self._run(_MARK_MET, session_id, time.time())

    async def end(self, session_id: str, reason: str) -> None:
        await self._run(_END, session_id, reason, time.time(), PRESUMED)

    async def forget(self, session_id: str) -> None:
        await self._run(_FORGET, session_id, PRESUMED)

    async def restart(self, session_id: str) -> bool:
        return bool(await self._run(_RESTART, session_id))

    async def claim(self, name: str, ttl_s: float) -> bool:
        return bool(
            await self._ask(
                lambda: self._redis.set(
                    f"greeter:claim:{name}", "1", nx=True, px=max(1, round(ttl_s * 1000))
                )
            )
        )

    async def aclose(self) -> None:
        await self._ask(self._redis.aclose)


def _key(session_id: str) -> str:
    return f"greeter:session:{session_id}"
