"""Outcomes and retention in SQLite; `agent.store.interface` describes each method."""

from __future__ import annotations

import sqlite3
import time

from agent.store.sqlite_file import SqliteFile

_DAY_S = 86_400.0


class SqliteOutcomes(SqliteFile):
    """The outcome methods of the SQLite store."""

    async def open_outcome(
        self, outcome_id: str, session_id: str, body: str, lease_s: float
    ) -> None:
        now = time.time()
        await self._execute(
            "INSERT INTO outcome (id, session_id, body, state, due, opened, changed)"
            " VALUES (?1, ?2, ?3, 'open', ?4, ?5, ?5)"
            " ON CONFLICT (id) DO UPDATE SET body = ?3, due = ?4, changed = ?5"
            " WHERE state = 'open'",
            (outcome_id, session_id, body, now + lease_s, now),
        )

    async def save_outcome(self, outcome_id: str, body: str, lease_s: float) -> bool:
        now = time.time()
        saved = await self._execute(
            "UPDATE outcome SET body = ?, due = ?, changed = ? WHERE id = ? AND state = 'open'",
            (body, now + lease_s, now, outcome_id),
        )
        return saved == 1

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
            delete_expired_leases(db)
            return _delete_session(db, session_id)

        return await self._delete(step)

    async def forget_older(self, age_s: float) -> int:
        def step(db: sqlite3.Connection) -> int:
            delete_expired_leases(db)
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


def _delete_session(db: sqlite3.Connection, session_id: str) -> int:
    db.execute("DELETE FROM session WHERE id = ?", (session_id,))
    db.execute("DELETE FROM request WHERE session_id = ?", (session_id,))
    return db.execute("DELETE FROM outcome WHERE session_id = ?", (session_id,)).rowcount


def delete_expired_leases(db: sqlite3.Connection) -> None:
    """Delete leases that are no longer valid: their names may contain session ids."""
    db.execute("DELETE FROM lease WHERE until <= ?", (time.time(),))
