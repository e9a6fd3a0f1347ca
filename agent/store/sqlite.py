"""Sessions, claims and the ledger in SQLite; `agent.store.interface` describes each method."""

from __future__ import annotations

import sqlite3
import time

from agent.store.interface import PRESUMED, Phase
from agent.store.sqlite_outcomes import SqliteOutcomes


class SqliteStore(SqliteOutcomes):
    """The store for one machine."""

    async def phase(self, session_id: str) -> Phase | None:
        return await self._read(lambda db: _phase_of(db, session_id))

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

    async def end_reason(self, session_id: str) -> str | None:
        def step(db: sqlite3.Connection) -> str | None:
            row = db.execute(
                "SELECT reason FROM session WHERE id = ? AND phase = ? AND reason <> ?",
                (session_id, Phase.ENDED, PRESUMED),
            ).fetchone()
            return str(row[0]) if row else None

        return await self._read(step)

    async def forget_phase(self, session_id: str) -> None:
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

    async def add_avatar_seconds(self, day: str, seconds: float) -> None:
        def step(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT INTO avatar_day (day, seconds) VALUES (?1, ?2)"
                " ON CONFLICT (day) DO UPDATE SET seconds = seconds + ?2",
                (day, seconds),
            )

        await self._write(step)

    async def avatar_seconds(self, day: str) -> float:
        def step(db: sqlite3.Connection) -> float:
            row = db.execute("SELECT seconds FROM avatar_day WHERE day = ?", (day,)).fetchone()
            return float(row[0]) if row else 0.0

        return await self._read(step)


def _phase_of(db: sqlite3.Connection, session_id: str) -> Phase | None:
    row = db.execute("SELECT phase FROM session WHERE id = ?", (session_id,)).fetchone()
    return Phase(row[0]) if row else None
