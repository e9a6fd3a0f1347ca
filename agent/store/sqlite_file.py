"""The SQLite file: how it is made and how a step is taken. It knows no table's meaning.

A connection lasts for one step, so nothing is held between two, and the write-ahead log is folded
in and deleted whenever nobody is at work.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from agent.core.errors import StoreError

T = TypeVar("T")

_WAIT_S = 2.0
"""Longest wait for another process's write."""

_SCHEMA = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS session (
    id TEXT PRIMARY KEY, phase TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', since REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS session_by_age ON session (since);
CREATE TABLE IF NOT EXISTS claim (name TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;
-- state: open, closed or settled; due: when the lease of an open one ends, or a closed one is due.
CREATE TABLE IF NOT EXISTS outcome (
    id TEXT PRIMARY KEY, session_id TEXT NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL,
    due REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    opened REAL NOT NULL, changed REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS outcome_by_session ON outcome (session_id, opened);
CREATE INDEX IF NOT EXISTS outcome_by_state ON outcome (state, due);
CREATE INDEX IF NOT EXISTS outcome_by_age ON outcome (changed);
CREATE TABLE IF NOT EXISTS avatar_day (day TEXT PRIMARY KEY, seconds REAL NOT NULL) WITHOUT ROWID;
COMMIT;
"""


class SqliteFile:
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

    async def _read(self, step: Callable[[sqlite3.Connection], T]) -> T:
        """Run one query, in a thread."""

        def query() -> T:
            with self._connection() as db:
                return step(db)

        return await asyncio.to_thread(query)

    async def _write(self, step: Callable[[sqlite3.Connection], T]) -> T:
        """Run one step as a transaction of its own, in a thread."""

        def transaction() -> T:
            with self._connection() as db:
                db.execute("PRAGMA synchronous=NORMAL")
                # What people said is deleted for good, not only from the table.
                db.execute("PRAGMA secure_delete=ON")
                db.execute("BEGIN IMMEDIATE")
                with db:
                    return step(db)

        return await asyncio.to_thread(transaction)

    async def aclose(self) -> None:
        """Nothing is held between two steps."""
