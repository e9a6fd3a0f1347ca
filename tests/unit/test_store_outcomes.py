"""Outcomes in a SQLite file; tests/support/store_checks has what every store must do."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import sys
from pathlib import Path

import pytest

from agent.core.errors import StoreError
from agent.store import SqliteStore, accepted_lease, sqlite_file
from tests.support.store_checks.outcomes import LEASE_S


async def test_sqlite_forget_session_removes_the_text_from_all_files(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s")
    other_process = SqliteStore(tmp_path / "s")  # keeps the write-ahead log from being deleted
    assert await other_process.outcomes("s") == []
    for i in range(50):
        await store.open_outcome(f"o{i}", "s", "my-own-words " * 500, LEASE_S)
        await store.open_outcome(f"o{i}", "s", "my-own-words and more " * 500, LEASE_S)
    await store.forget_session("s")
    left = await asyncio.to_thread(lambda: [p.read_bytes() for p in tmp_path.iterdir()])
    assert left
    assert not any(b"my-own-words" in data for data in left)


async def test_sqlite_forget_session_says_if_the_text_is_still_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "_WAIT_S", 0.1)
    monkeypatch.setattr(sqlite_file, "_EMPTY_S", 0.1)
    store = SqliteStore(tmp_path / "s")
    await store.open_outcome("o", "s", "my-own-words", LEASE_S)
    with contextlib.closing(sqlite3.connect(tmp_path / "s", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT body FROM outcome").fetchall()
        with pytest.raises(StoreError, match=r"-wal.*do it again"):
            await store.forget_session("s")
        reader.execute("COMMIT")
    await store.forget_session("s")
    left = await asyncio.to_thread(lambda: [p.read_bytes() for p in tmp_path.iterdir()])
    assert not any(b"my-own-words" in data for data in left)


async def test_sqlite_forget_session_removes_names_of_expired_leases(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s")
    await store.hold_lease(accepted_lease("my-session"), "AJ_1", 0.01)
    await asyncio.sleep(0.05)  # it must expire
    await store.forget_session("my-session")
    left = await asyncio.to_thread(lambda: [p.read_bytes() for p in tmp_path.iterdir()])
    assert left
    assert not any(b"my-session" in data for data in left)


async def test_sqlite_store_opens_a_new_file_that_another_process_writes(tmp_path: Path) -> None:
    other_process = sqlite3.connect(tmp_path / "s", isolation_level=None)
    other_process.execute("BEGIN IMMEDIATE")
    other_process.execute("CREATE TABLE other (x)")
    opening = asyncio.create_task(asyncio.to_thread(SqliteStore, tmp_path / "s"))
    await asyncio.sleep(0.2)
    assert not opening.done()
    other_process.execute("COMMIT")
    other_process.close()
    assert await (await opening).outcomes("s") == []


async def test_sqlite_store_is_shared_by_two_processes(tmp_path: Path) -> None:
    program = """
import asyncio, sys
from pathlib import Path
from agent.store import Phase, SqliteStore

async def main(mine):
    store = SqliteStore(Path(sys.argv[1]))
    for i in range(20):
        await store.open_outcome(f"{mine}-{i}", "s", "1", 60)
        assert await store.open_outcome(f"{mine}-{i}", "s", "2", 60)
        assert await store.close_outcome(f"{mine}-{i}", "3")
    taken = []
    while batch := await store.due_outcomes(10, reserve_s=60):
        taken += [row[0] for row in batch]
    print(*taken)

asyncio.run(main(sys.argv[2]))
"""
    running = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", program, str(tmp_path / "s"), str(i)),
            stdout=asyncio.subprocess.PIPE,
        )
        for i in range(2)
    ]
    async with asyncio.timeout(60):
        said = await asyncio.gather(*(process.communicate() for process in running))
    assert [process.returncode for process in running] == [0, 0]
    taken = [id_ for out, _ in said for id_ in out.decode().split()]
    assert len(taken) == len(set(taken)) == 40
