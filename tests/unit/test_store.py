"""The SQLite store; tests/integration/test_store_redis.py runs the same checks on Redis."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.core.errors import StoreError
from agent.core.settings import StoreSettings
from agent.store import Phase, SqliteStore, Store, check_writable, open_store
from tests.fakes.small_disk import small_disk
from tests.support.store_checks.ledger import LEDGER_CHECKS
from tests.support.store_checks.outcomes import OUTCOME_CHECKS
from tests.support.store_checks.rates import RATE_CHECKS
from tests.support.store_checks.sessions import SESSION_CHECKS

ROOT = Path(__file__).resolve().parents[2]


STORE_CHECKS = [*SESSION_CHECKS, *RATE_CHECKS, *OUTCOME_CHECKS, *LEDGER_CHECKS]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = open_store(StoreSettings.from_env({"STATE_DIR": str(tmp_path / "state")}))
    yield opened
    await opened.aclose()


@pytest.mark.parametrize("check", STORE_CHECKS, ids=lambda c: c.__name__)
async def test_sqlite_store(store: Store, check: object) -> None:
    await check(store)  # type: ignore[operator]


@pytest.mark.parametrize("check", STORE_CHECKS, ids=lambda c: c.__name__)
async def test_sqlite_store_of_a_later_version_is_used(tmp_path: Path, check: object) -> None:
    """docs/upgrading.md: a later minor version adds tables and columns with a default."""
    path = tmp_path / "store"
    await SqliteStore(path).aclose()
    with contextlib.closing(sqlite3.connect(path)) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        for table in tables:
            db.execute(f"ALTER TABLE {table} ADD COLUMN of_tomorrow TEXT NOT NULL DEFAULT 'x'")
        db.execute("CREATE TABLE of_tomorrow (id TEXT PRIMARY KEY)")
        db.commit()
    store = SqliteStore(path)
    await check(store)  # type: ignore[operator]
    await store.aclose()


async def test_sqlite_backup_of_a_running_store_is_complete(tmp_path: Path) -> None:
    """The commands of docs/backup.md."""
    state = tmp_path / ".state"
    store = SqliteStore(state / "store.sqlite3")
    await store.start("7")
    page = (ROOT / "docs/backup.md").read_text()
    [backup] = re.findall(r'^python (-c "import sqlite3.*)$', page, re.MULTILINE)
    [restore] = re.findall(r"```sh\n(rm -f .state.*?)```", page, re.DOTALL)
    await run(f"{sys.executable} {backup}", tmp_path)
    await store.end("7", "after the backup")
    await store.aclose()
    await run(restore, tmp_path)
    restored = SqliteStore(state / "store.sqlite3")
    assert await restored.phase("7") is Phase.STARTED
    await restored.aclose()


async def run(command: str, folder: Path) -> None:
    process = await asyncio.create_subprocess_shell(command, cwd=folder)
    assert await asyncio.wait_for(process.wait(), 30) == 0


async def test_sqlite_store_keeps_phases_in_the_file(tmp_path: Path) -> None:
    await SqliteStore(tmp_path / "s").end("7", "continue")
    assert await SqliteStore(tmp_path / "s").phase("7") is Phase.ENDED


async def test_sqlite_start_succeeds_for_one_of_two_stores(tmp_path: Path) -> None:
    stores = [SqliteStore(tmp_path / "s") for _ in range(2)]
    found = await asyncio.gather(*(stores[i % 2].start("7") for i in range(20)))
    assert found.count(None) == 1


async def test_sqlite_store_uses_a_replaced_file(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s")
    await store.end("7", "continue")
    backup = SqliteStore(tmp_path / "backup")
    await backup.start("8")
    await backup.aclose()
    (tmp_path / "backup").replace(tmp_path / "s")
    for suffix in ("-wal", "-shm"):
        (tmp_path / f"s{suffix}").unlink(missing_ok=True)
    assert await store.phase("7") is None
    assert await store.phase("8") is Phase.STARTED


async def test_sqlite_store_raises_store_error_after_aclose(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s")
    await store.aclose()
    await store.aclose()
    with pytest.raises(StoreError):
        await store.phase("7")


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
async def test_sqlite_files_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state" / "s")
    await store.start("7")
    for path in (tmp_path / "state").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


async def test_sqlite_store_raises_store_error_for_another_file(
    tmp_path: Path,
) -> None:
    (tmp_path / "s").write_bytes(b"not a database, certainly not one of sqlite's" * 100)
    with pytest.raises(StoreError, match="damaged or of another program"):
        SqliteStore(tmp_path / "s")


async def test_sqlite_store_raises_store_error_without_a_folder(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError):
        SqliteStore(tmp_path / "file" / "s")


def test_open_store_does_not_repeat_an_unusable_redis_address() -> None:
    with pytest.raises(StoreError) as error:
        open_store(StoreSettings.from_env({"REDIS_URL": "http://:s3cr3t@nowhere"}))
    assert "s3cr3t" not in str(error.value)


async def test_sqlite_store_says_that_the_disk_is_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", mib=2) as disk:
        created = SqliteStore(disk / "store.sqlite3")
        await created.phase("7")
        await created.aclose()
        with contextlib.suppress(OSError), (disk / "other").open("wb") as file:
            while True:
                file.write(bytes(4096))
                file.flush()
        with pytest.raises(StoreError, match="the disk of STATE_DIR is full: free some space"):
            await check_writable(SqliteStore(disk / "store.sqlite3"))
