"""The store in SQLite. `interface.py` describes each method."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from agent.core.errors import StoreError
from agent.store.interface import (
    FORGOTTEN_S,
    PRESUMED,
    LedgerEntry,
    Phase,
    RecentRequest,
    StoreSpace,
    dispatch_claim,
    forgotten_mark,
)
from agent.store.rates import Limit, LocalRates
from agent.store.sqlite_file import SqliteFile

_DAY_S = 86_400.0
_NOBODY: Final = ""
"""Holder of the leases that are claims: no caller can renew them."""


class SqliteStore(SqliteFile):
    """The store for one machine. Limits are counted in memory: only one process has them."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._rates = LocalRates()

    async def phase(self, session_id: str) -> Phase | None:
        return await self._read(lambda db: _phase_of(db, session_id))

    async def count(self, limits: Sequence[Limit]) -> None:
        self._rates.count(limits)

    async def start(
        self, session_id: str, *, claim_dispatch_s: float = 0, limits: Sequence[Limit] = ()
    ) -> Phase | None:
        self._rates.count(limits)

        def step(db: sqlite3.Connection) -> Phase | None:
            before = _start(db, session_id)
            if before is None and claim_dispatch_s:
                _hold_lease(db, dispatch_claim(session_id), _NOBODY, claim_dispatch_s)
            return before

        return await self._write(step)

    async def mark_met(self, session_id: str) -> None:
        await self._execute(
            "UPDATE session SET phase = ?, since = ? WHERE id = ? AND phase = ?",
            (Phase.MET, time.time(), session_id, Phase.STARTED),
        )

    async def end(self, session_id: str, reason: str, *, room_sid: str = "") -> None:
        await self._execute(
            "INSERT INTO session (id, phase, reason, since) VALUES (?1, ?2, ?3, ?4)"
            " ON CONFLICT (id) DO UPDATE SET phase = ?2, reason = ?3, since = ?4"
            " WHERE (phase <> ?2 OR reason = ?5) AND (?6 = '' OR room_sid IN ('', ?6))",
            (session_id, Phase.ENDED, reason, time.time(), PRESUMED, room_sid),
        )

    async def end_reason(self, session_id: str) -> str | None:
        rows = await self._query(
            "SELECT reason FROM session WHERE id = ? AND phase = ? AND reason <> ?",
            (session_id, Phase.ENDED, PRESUMED),
        )
        return str(rows[0][0]) if rows else None

    async def forget_phase(self, session_id: str, *, room_sid: str = "") -> None:
        await self._execute(
            "DELETE FROM session WHERE id = ?1 AND (phase <> ?2 OR reason = ?3)"
            " AND (?4 = '' OR room_sid IN ('', ?4))",
            (session_id, Phase.ENDED, PRESUMED, room_sid),
        )

    async def set_room(self, session_id: str, room_sid: str) -> None:
        await self._write(lambda db: _set_room(db, session_id, room_sid))

    async def restart(self, session_id: str) -> bool:
        delete = "DELETE FROM session WHERE id = ? AND phase = ?"
        return await self._execute(delete, (session_id, Phase.ENDED)) == 1

    async def claim(self, name: str, ttl_s: float) -> bool:
        return await self.hold_lease(name, _NOBODY, ttl_s)

    async def hold_lease(self, name: str, holder: str, ttl_s: float) -> bool:
        return await self._write(lambda db: _hold_lease(db, name, holder, ttl_s))

    async def lease_is_held(self, name: str) -> bool:
        valid = "SELECT 1 FROM lease WHERE name = ? AND until > ?"
        return bool(await self._query(valid, (name, time.time())))

    async def release_lease(self, name: str, holder: str) -> None:
        await self._execute("DELETE FROM lease WHERE name = ? AND holder = ?", (name, holder))

    async def save_request(
        self, session_id: str, job_metadata: str, *, room_sid: str, dispatched: bool
    ) -> Phase | None:
        def step(db: sqlite3.Connection) -> Phase | None:
            now = time.time()
            if (before := _start(db, session_id)) is Phase.ENDED:
                return before
            db.execute(
                "INSERT INTO request (session_id, job_metadata, asked, dispatched, room_sid)"
                " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (session_id) DO UPDATE"
                " SET job_metadata = CASE WHEN ?4 IS NULL THEN job_metadata ELSE ?2 END,"
                " asked = ?3, dispatched = coalesce(?4, dispatched), room_sid = ?5",
                (session_id, job_metadata, now, now if dispatched else None, room_sid),
            )
            _set_room(db, session_id, room_sid)
            return before

        return await self._write(step)

    async def recent_requests(self, within_s: float, *, keep_s: float) -> list[RecentRequest]:
        now = time.time()
        found = await self._query(
            "SELECT session_id, room_sid, job_metadata, asked + ?2, dispatched + ?2"
            " FROM request WHERE asked >= ?1 ORDER BY asked",
            (now - within_s, asyncio.get_running_loop().time() - now),
        )
        # This is called every few seconds: write only if there is something to delete.
        if await self._query("SELECT 1 FROM request WHERE asked < ? LIMIT 1", (now - keep_s,)):
            await self._execute("DELETE FROM request WHERE asked < ?", (now - keep_s,))
        return [RecentRequest(*row) for row in found]

    async def open_outcome(
        self, outcome_id: str, session_id: str, body: str, lease_s: float, *, age_s: float = 0
    ) -> bool:
        def step(db: sqlite3.Connection) -> bool:
            if _is_forgotten(db, session_id, age_s):
                return False
            now = time.time()
            saved = db.execute(
                "INSERT INTO outcome (id, session_id, body, state, due, opened, changed)"
                " VALUES (?1, ?2, ?3, 'open', ?4, ?5, ?5)"
                " ON CONFLICT (id) DO UPDATE SET body = ?3, due = ?4, changed = ?5"
                " WHERE state = 'open'",
                (outcome_id, session_id, body, now + lease_s, now),
            )
            return saved.rowcount == 1

        return await self._write(step)

    async def close_outcome(
        self, outcome_id: str, body: str, *, only_expired: bool = False
    ) -> bool:
        closed = await self._execute(
            "UPDATE outcome SET state = 'closed', body = ?1, due = ?2, changed = ?2"
            " WHERE id = ?3 AND state = 'open' AND (NOT ?4 OR due <= ?2)",
            (body, time.time(), outcome_id, only_expired),
        )
        return closed == 1

    async def expired_outcomes(self, limit: int) -> list[tuple[str, str]]:
        return await self._query(
            "SELECT id, body FROM outcome WHERE state = 'open' AND due <= ? ORDER BY due LIMIT ?",
            (time.time(), limit),
        )

    async def due_outcomes(
        self, limit: int, *, reserve_s: float = 0, overdue_s: float = 0
    ) -> list[tuple[str, str, int]]:
        def find(db: sqlite3.Connection) -> list[tuple[str, str, int]]:
            return db.execute(
                "SELECT id, body, attempts FROM outcome WHERE state = 'closed' AND due <= ?"
                " ORDER BY due LIMIT ?",
                (time.time() - overdue_s, limit),
            ).fetchall()

        def take(db: sqlite3.Connection) -> list[tuple[str, str, int]]:
            found = find(db)
            until = time.time() + reserve_s
            db.executemany(
                "UPDATE outcome SET due = ? WHERE id = ?", [(until, row[0]) for row in found]
            )
            return found

        # Called every second: write only if there is something to reserve.
        if not (found := await self._read(find)) or not reserve_s:
            return found
        return await self._write(take)

    async def pending_deliveries(self) -> int:
        rows = await self._query("SELECT count(*) FROM outcome WHERE state = 'closed'")
        return int(rows[0][0])

    async def retry_delivery(self, outcome_id: str, attempts: int, delay_s: float) -> None:
        await self._execute(
            "UPDATE outcome SET due = ?, attempts = ? WHERE id = ? AND state = 'closed'",
            (time.time() + delay_s, attempts, outcome_id),
        )

    async def finish_delivery(self, outcome_id: str) -> None:
        await self._execute(
            "UPDATE outcome SET state = 'done' WHERE id = ? AND state = 'closed'", (outcome_id,)
        )

    async def outcomes(self, session_id: str) -> list[str]:
        rows = await self._query(
            "SELECT body FROM outcome WHERE session_id = ? ORDER BY opened, rowid", (session_id,)
        )
        return [body for (body,) in rows]

    async def forget_session(self, session_id: str) -> int:
        def step(db: sqlite3.Connection) -> int:
            _delete_expired_leases(db)
            db.execute(
                "INSERT OR REPLACE INTO lease (name, holder, until) VALUES (?, ?, ?)",
                (forgotten_mark(session_id), _NOBODY, time.time() + FORGOTTEN_S),
            )
            return _delete_session(db, session_id)

        return await self._delete(step)

    async def is_forgotten(self, session_id: str, age_s: float) -> bool:
        return await self._read(lambda db: _is_forgotten(db, session_id, age_s))

    async def forget_older(self, age_s: float) -> int:
        def step(db: sqlite3.Connection) -> int:
            _delete_expired_leases(db)
            now = time.time()
            # Keep today and yesterday: the budget of today is checked against the ledger.
            before = now - max(age_s, _DAY_S)
            db.execute("DELETE FROM avatar_day WHERE day < date(?, 'unixepoch')", (before,))
            db.execute("DELETE FROM avatar_session WHERE given <= ?", (now - age_s,))
            old = db.execute(
                "SELECT id FROM ("
                "  SELECT id FROM session WHERE since <= ?1"
                "  UNION SELECT session_id FROM outcome WHERE changed <= ?1"
                ") AS held WHERE NOT EXISTS ("
                "  SELECT 1 FROM session WHERE id = held.id AND since > ?1"
                ") AND NOT EXISTS ("
                "  SELECT 1 FROM outcome WHERE session_id = held.id"
                "  AND (changed > ?1 OR (state = 'open' AND due > ?2))"
                ")",
                (now - age_s, now),
            ).fetchall()
            return sum(_delete_session(db, session_id) for (session_id,) in old)

        return await self._delete(step)

    async def add_avatar_seconds(self, day: str, seconds: float, *, session: str = "") -> None:
        def step(db: sqlite3.Connection) -> None:
            if session:
                db.execute(
                    "INSERT INTO avatar_session (id, given, changed, seconds)"
                    " VALUES (?1, ?2, ?2, ?3)"
                    " ON CONFLICT (id) DO UPDATE SET seconds = seconds + ?3, changed = ?2,"
                    " billed = NULL",
                    (session, time.time(), seconds),
                )
            db.execute(
                "INSERT INTO avatar_day (day, seconds) VALUES (?1, ?2)"
                " ON CONFLICT (day) DO UPDATE SET seconds = seconds + ?2",
                (day, seconds),
            )

        await self._write(step)

    async def avatar_seconds(self, day: str) -> float:
        rows = await self._query("SELECT seconds FROM avatar_day WHERE day = ?", (day,))
        return float(rows[0][0]) if rows else 0.0

    async def avatar_sessions(self, *, only_unbilled: bool = False) -> list[LedgerEntry]:
        which = "WHERE billed IS NULL" if only_unbilled else ""
        rows = await self._query(
            "SELECT id, given, iif(billed IS NULL, ? - changed, 0.0), seconds, billed"
            f" FROM avatar_session {which} ORDER BY given",
            (time.time(),),
        )
        return [LedgerEntry(*row) for row in rows]

    async def set_avatar_bill(self, session: str, billed_s: float) -> None:
        await self._execute(
            "UPDATE avatar_session SET billed = ? WHERE id = ?", (billed_s, session)
        )

    async def add_counts(self, counts: Mapping[str, float]) -> None:
        def step(db: sqlite3.Connection) -> None:
            db.executemany(
                "INSERT INTO tally (name, value) VALUES (?1, ?2)"
                " ON CONFLICT (name) DO UPDATE SET value = value + ?2",
                list(counts.items()),
            )

        await self._write(step)

    async def counts(self) -> dict[str, float]:
        return dict(await self._query("SELECT name, value FROM tally"))

    async def space(self) -> StoreSpace:
        used = 0
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                used += self._path.with_name(self._path.name + suffix).stat().st_size
        try:
            free = shutil.disk_usage(self._path.parent).free
        except OSError as e:
            raise StoreError(f"{self._path}: {e.strerror}") from e
        return StoreSpace(used_bytes=used, limit_bytes=used + free)

    async def identity(self) -> str:
        file = self._path.stat()
        return f"{file.st_dev}:{file.st_ino}"


def _phase_of(db: sqlite3.Connection, session_id: str) -> Phase | None:
    row = db.execute("SELECT phase FROM session WHERE id = ?", (session_id,)).fetchone()
    return Phase(row[0]) if row else None


def _start(db: sqlite3.Connection, session_id: str) -> Phase | None:
    before = _phase_of(db, session_id)
    if before is None:
        db.execute(
            "INSERT INTO session (id, phase, since) VALUES (?, ?, ?)",
            (session_id, Phase.STARTED, time.time()),
        )
    return before


def _hold_lease(db: sqlite3.Connection, name: str, holder: str, ttl_s: float) -> bool:
    _delete_expired_leases(db)
    held = db.execute(
        "INSERT INTO lease (name, holder, until) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (name) DO UPDATE SET until = ?3 WHERE holder = ?2 AND holder <> ?4",
        (name, holder, time.time() + ttl_s, _NOBODY),
    )
    return held.rowcount == 1


def _set_room(db: sqlite3.Connection, session_id: str, room_sid: str) -> None:
    db.execute("UPDATE session SET room_sid = ? WHERE id = ?", (room_sid, session_id))
    db.execute("UPDATE request SET room_sid = ? WHERE session_id = ?", (room_sid, session_id))


def _is_forgotten(db: sqlite3.Connection, session_id: str, age_s: float) -> bool:
    kept_until = time.time() - age_s + FORGOTTEN_S
    newer = "SELECT 1 FROM lease WHERE name = ? AND until > ?"
    return db.execute(newer, (forgotten_mark(session_id), kept_until)).fetchone() is not None


def _delete_session(db: sqlite3.Connection, session_id: str) -> int:
    db.execute("DELETE FROM session WHERE id = ?", (session_id,))
    db.execute("DELETE FROM request WHERE session_id = ?", (session_id,))
    return db.execute("DELETE FROM outcome WHERE session_id = ?", (session_id,)).rowcount


def _delete_expired_leases(db: sqlite3.Connection) -> None:
    """Delete leases that are no longer valid: their names may contain session ids."""
    db.execute("DELETE FROM lease WHERE until <= ?", (time.time(),))
