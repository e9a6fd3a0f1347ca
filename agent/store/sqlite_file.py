"""The SQLite file: schema, connection and transactions.

Each store has one connection and one thread that uses it. Writes that wait for the thread share one
transaction: most of the time of a small write is the thread's wake-up and the commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

from agent.core.errors import StoreError
from agent.store.batches import Batches

T = TypeVar("T")
Change = Callable[[sqlite3.Connection], Any]
Values = Sequence[str | float | None]

_WAIT_S = 2.0
"""Longest wait for another process's write."""
_EMPTY_S = 5.0
"""How long to try to empty the write-ahead log."""

DAMAGED: Final = (
    "the file is damaged or of another program: stop worker and token endpoint, restore a backup "
    "or move the file away with its -wal and -shm, and start both"
)

_DISK_FULL = 1024 * 1024
"""Bytes; a disk with less free space is full."""

_SCHEMA = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS session (
    id TEXT PRIMARY KEY, phase TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', since REAL NOT NULL,
    room_sid TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS session_by_age ON session (since);
-- Leases without a holder are claims.
CREATE TABLE IF NOT EXISTS lease (
    name TEXT PRIMARY KEY, holder TEXT NOT NULL, until REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS lease_by_until ON lease (until);
CREATE TABLE IF NOT EXISTS request (
    session_id TEXT PRIMARY KEY, room_sid TEXT NOT NULL, job_metadata TEXT NOT NULL,
    asked REAL NOT NULL, dispatched REAL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS request_by_asked ON request (asked);
-- state: open, closed or done.
-- due: when the lease of an open outcome expires, or when a closed outcome is due for delivery.
CREATE TABLE IF NOT EXISTS outcome (
    id TEXT PRIMARY KEY, session_id TEXT NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL,
    due REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    opened REAL NOT NULL, changed REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS outcome_by_session ON outcome (session_id, opened);
CREATE INDEX IF NOT EXISTS outcome_by_state ON outcome (state, due);
CREATE INDEX IF NOT EXISTS outcome_by_age ON outcome (changed);
CREATE TABLE IF NOT EXISTS avatar_day (day TEXT PRIMARY KEY, seconds REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS avatar_session (
    id TEXT PRIMARY KEY, given REAL NOT NULL, changed REAL NOT NULL, seconds REAL NOT NULL,
    billed REAL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS avatar_session_unbilled ON avatar_session (given) WHERE billed IS NULL;
CREATE TABLE IF NOT EXISTS tally (name TEXT PRIMARY KEY, value REAL NOT NULL) WITHOUT ROWID;
COMMIT;
"""


class SqliteFile:
    """One database file that all processes on this machine share; only its owner can read it.

    Raises:
        StoreError: the file cannot be written or is not a database.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._opened_file: tuple[int, int] | None = None
        """Device and inode of the file that the connection has open."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite")
        self._closed = False
        self._writes = Batches[Change](self._write_all)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as e:
            raise StoreError(f"{path} cannot be written ({e.strerror}): check STATE_DIR") from e
        self._attempt(lambda db: db.executescript(_SCHEMA))

    async def _read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run one query in the store's thread."""
        return await self._in_thread(lambda: self._attempt(query))

    async def _write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Run one transaction in the store's thread, or its part in a shared one."""
        done: T = await self._writes.call(change)
        return done

    async def _query(self, sql: str, values: Values = ()) -> list[Any]:
        """Return the rows that one query finds."""
        return await self._read(lambda db: db.execute(sql, values).fetchall())

    async def _execute(self, sql: str, values: Values = ()) -> int:
        """Run one statement as a transaction; return how many rows it changed."""
        return await self._write(lambda db: db.execute(sql, values).rowcount)

    async def _write_all(self, changes: Sequence[Change]) -> list[Any]:
        """Make these changes in one transaction; see `Batches`."""

        def transaction(db: sqlite3.Connection) -> list[Any]:
            db.execute("BEGIN IMMEDIATE")
            with db:
                return [change(db) for change in changes]

        try:
            return await self._in_thread(lambda: self._attempt(transaction))
        except StoreError as e:
            if isinstance(e.__cause__, sqlite3.OperationalError | OSError | None):
                return [e] * len(changes)  # the file cannot be used
            raise

    async def _delete(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Run one transaction that deletes, and remove what it deleted from the write-ahead log.

        Raises:
            StoreError: the log is still in use; what was deleted may be in it.
        """
        result = await self._write(change)
        until = time.monotonic() + _EMPTY_S
        while True:
            # Busy if another process does the same, or reads or writes for longer than _WAIT_S.
            [(busy, _, _)] = await self._read(
                lambda db: db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            )
            if not busy:
                return result
            if time.monotonic() > until:
                raise StoreError(
                    f"{self._path}: deleted, but its write-ahead log (-wal) may still have a copy, "
                    "because another process uses it: do it again"
                )
            await asyncio.sleep(0.1)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._closed:
            raise StoreError(f"{self._path}: the store is closed")
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _attempt(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return work(self._connected())
        except (sqlite3.Error, OSError) as e:
            self._disconnect()  # the next call tries a new connection
            raise StoreError(f"{self._path}: {e}{self._advice_on(e)}") from e

    def _advice_on(self, error: Exception) -> str:
        """Say what to do. If the disk is full, SQLite may only call it an input or output error."""
        kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if kind == sqlite3.SQLITE_BUSY:
            return f"; another process has kept it locked for {_WAIT_S:g} s: find it with lsof"
        if kind in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return f"; {DAMAGED}"
        if kind not in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            return ""
        try:
            free = shutil.disk_usage(self._path.parent).free
        except OSError:
            return ""
        if free < _DISK_FULL:
            return "; the disk of STATE_DIR is full: free some space"
        return "; check the disk of STATE_DIR"

    def _connected(self) -> sqlite3.Connection:
        """Return the connection; open it first if there is none or if the file was replaced."""
        found = os.stat(self._path)
        file = (found.st_dev, found.st_ino)
        if self._connection is not None and self._opened_file == file:
            return self._connection
        self._disconnect()
        db = sqlite3.connect(
            f"file:{quote(str(self._path))}?mode=rw",  # a missing file is an error, not a new file
            uri=True,
            timeout=_WAIT_S,
            isolation_level=None,
            check_same_thread=False,
        )
        self._connection, self._opened_file = db, file
        _use_write_ahead_log(db)
        db.execute("PRAGMA synchronous=NORMAL")
        # Overwrite deleted rows: transcripts must not stay in unused pages of the file.
        db.execute("PRAGMA secure_delete=ON")
        return db

    def _disconnect(self) -> None:
        db, self._connection = self._connection, None
        if db is not None:
            with contextlib.suppress(sqlite3.Error):
                db.close()

    async def aclose(self) -> None:
        if not self._closed:
            await self._in_thread(self._disconnect)
            self._closed = True
            self._thread.shutdown(wait=False)


def _use_write_ahead_log(db: sqlite3.Connection) -> None:
    """Set the journal mode, also if another process opens a new file at the same time.

    SQLite does not wait for the lock here: if the other process writes, it fails at once.
    """
    until = time.monotonic() + _WAIT_S
    while True:
        try:
            db.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as e:
            if e.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(0.01)
