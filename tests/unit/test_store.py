"""Sessions and claims in the SQLite store; test_store_redis.py runs the checks on Redis."""

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
from agent.store import PRESUMED, Phase, SqliteStore, Store, dispatch_claim, open_store
from tests.unit.test_store_ledger import LEDGER_CHECKS
from tests.unit.test_store_outcomes import OUTCOME_CHECKS

ROOT = Path(__file__).resolve().parents[2]


async def check_start_succeeds_for_one_caller(store: Store) -> None:
    found = await asyncio.gather(*(store.start("one") for _ in range(10)))
    assert found.count(None) == 1
    assert found.count(Phase.STARTED) == 9
    assert await store.phase("one") is Phase.STARTED


async def check_phases_follow_each_other(store: Store) -> None:
    assert await store.phase("s") is None
    await store.mark_met("s")
    assert await store.phase("s") is None, "a session that has not started is not met"
    assert await store.start("s") is None
    await store.mark_met("s")
    assert await store.phase("s") is Phase.MET
    assert await store.start("s") is Phase.MET
    assert await store.restart("s") is False, "only an ended session restarts"
    await store.end("s", "continue")
    await store.end("s", "again")
    await store.mark_met("s")
    assert await store.phase("s") is Phase.ENDED
    assert await store.start("s") is Phase.ENDED
    assert await store.phase("other") is None


async def check_end_reason_is_the_first_reported_reason(store: Store) -> None:
    assert await store.end_reason("e") is None
    await store.start("e")
    assert await store.end_reason("e") is None
    await store.end("e", PRESUMED)
    assert await store.end_reason("e") is None, "a presumed reason is not reported"
    await store.end("e", "continue")
    await store.end("e", "again")
    assert await store.end_reason("e") == "continue"


async def check_end_before_start_is_kept(store: Store) -> None:
    await store.end("early", "continue")
    assert await store.start("early") is Phase.ENDED


async def check_restart_succeeds_for_one_caller(store: Store) -> None:
    await store.end("r", "continue")
    assert sorted(await asyncio.gather(*(store.restart("r") for _ in range(5)))) == [False] * 4 + [
        True
    ]
    assert await store.start("r") is None


async def check_forget_phase_keeps_reported_ends(store: Store) -> None:
    await store.forget_phase("unknown")
    for step in (store.start, store.mark_met):
        assert await store.start("f") in (None, Phase.STARTED)
        await step("f")
        await store.forget_phase("f")
        assert await store.phase("f") is None
    await store.end("f", "continue")
    await store.end("f", PRESUMED)
    await store.forget_phase("f")
    assert await store.phase("f") is Phase.ENDED, "a reported end is kept"


async def check_reported_end_replaces_a_presumed_end(store: Store) -> None:
    await store.start("p")
    await store.end("p", PRESUMED)
    assert await store.start("p") is Phase.ENDED
    await store.forget_phase("p")
    assert await store.start("p") is None, "the presumed end was deleted"
    await store.end("p", PRESUMED)
    await store.end("p", "continue")
    await store.forget_phase("p")
    assert await store.phase("p") is Phase.ENDED, "the reported reason replaced the presumed one"


async def check_claim_succeeds_for_one_caller_until_it_expires(store: Store) -> None:
    taken = await asyncio.gather(*(store.claim("c", 30) for _ in range(10)))
    assert taken.count(True) == 1
    assert await store.claim("other", 30)
    assert await store.claim("short", 0.05)
    await asyncio.sleep(0.1)
    assert await store.claim("short", 30)
    assert not await store.claim("c", 30)


async def check_the_end_of_an_older_room_changes_nothing(store: Store) -> None:
    await store.start("room")
    await store.set_room("room", "RM_2")
    await store.end("room", "completed", room_sid="RM_1")
    await store.forget_phase("room", room_sid="RM_1")
    assert await store.phase("room") is Phase.STARTED
    await store.end("room", PRESUMED, room_sid="RM_2")
    await store.forget_phase("room", room_sid="RM_2")
    assert await store.start("room") is None
    await store.end("room", "completed", room_sid="RM_3")
    assert await store.end_reason("room") == "completed", "the room is not known yet"


async def check_a_lease_has_one_holder_until_it_expires(store: Store) -> None:
    assert await store.hold_lease("l", "one", 30)
    assert not await store.hold_lease("l", "two", 30)
    assert await store.hold_lease("l", "one", 0.05)
    await asyncio.sleep(0.1)  # the lease must expire
    assert await store.hold_lease("l", "two", 30)
    assert not await store.hold_lease("l", "one", 30)
    await store.release_lease("l", "one")
    assert not await store.hold_lease("l", "one", 30)
    await store.release_lease("l", "two")
    assert await store.hold_lease("l", "one", 30)


async def check_start_claims_the_dispatch(store: Store) -> None:
    assert await store.start("d", claim_dispatch_s=30) is None
    assert not await store.claim(dispatch_claim("d"), 30)
    await store.start("old")
    await store.start("old", claim_dispatch_s=30)
    assert await store.claim(dispatch_claim("old"), 30), "only the first start claims it"


async def check_request_of_an_ended_session_is_not_recorded(store: Store) -> None:
    assert await store.save_request("n", "{}", room_sid="RM_1", dispatched=True) is None
    assert await store.phase("n") is Phase.STARTED
    await store.end("n", "continue")
    await store.forget_session("n")
    await store.end("n", "continue")
    ended = await store.save_request("n", "{}", room_sid="RM_2", dispatched=True)
    assert ended is Phase.ENDED
    assert await store.recent_requests(30, keep_s=60) == []


async def check_recent_requests(store: Store) -> None:
    assert await store.recent_requests(30, keep_s=60) == []
    await store.start("a")
    await store.save_request("a", '{"v":1}', room_sid="RM_1", dispatched=True)
    await store.save_request("a", '{"v":2}', room_sid="RM_1", dispatched=False)
    await store.save_request("b", "{}", room_sid="RM_2", dispatched=False)
    first, second = await store.recent_requests(30, keep_s=60)
    assert (first.session_id, first.job_metadata) == ("a", '{"v":1}')
    assert first.dispatched_age_s is not None
    assert 0 <= first.age_s <= first.dispatched_age_s < 10
    assert (second.session_id, second.dispatched_age_s) == ("b", None)
    await store.set_room("b", "RM_3")
    assert [r.room_sid for r in await store.recent_requests(30, keep_s=60)] == ["RM_1", "RM_3"]
    await store.end("a", "completed", room_sid="RM_0")
    assert await store.phase("a") is Phase.STARTED, "the request recorded the room"
    await store.forget_session("a")
    assert [r.session_id for r in await store.recent_requests(30, keep_s=60)] == ["b"]
    await asyncio.sleep(0.2)
    await store.save_request("c", "{}", room_sid="RM_4", dispatched=False)
    assert [r.session_id for r in await store.recent_requests(0.15, keep_s=60)] == ["c"]
    assert [r.session_id for r in await store.recent_requests(30, keep_s=60)] == ["b", "c"]
    await store.recent_requests(0.15, keep_s=0.15)
    assert [r.session_id for r in await store.recent_requests(30, keep_s=60)] == ["c"]


SESSION_CHECKS = [
    check_start_succeeds_for_one_caller,
    check_phases_follow_each_other,
    check_end_reason_is_the_first_reported_reason,
    check_end_before_start_is_kept,
    check_restart_succeeds_for_one_caller,
    check_forget_phase_keeps_reported_ends,
    check_reported_end_replaces_a_presumed_end,
    check_claim_succeeds_for_one_caller_until_it_expires,
    check_the_end_of_an_older_room_changes_nothing,
    check_a_lease_has_one_holder_until_it_expires,
    check_start_claims_the_dispatch,
    check_request_of_an_ended_session_is_not_recorded,
    check_recent_requests,
]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = open_store(StoreSettings.from_env({"STATE_DIR": str(tmp_path / "state")}))
    yield opened
    await opened.aclose()


@pytest.mark.parametrize("check", SESSION_CHECKS, ids=lambda c: c.__name__)
async def test_sqlite_store(store: Store, check: object) -> None:
    await check(store)  # type: ignore[operator]


@pytest.mark.parametrize(
    "check", [*SESSION_CHECKS, *OUTCOME_CHECKS, *LEDGER_CHECKS], ids=lambda c: c.__name__
)
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
    """The commands of docs/deploy-self-hosted.md."""
    state = tmp_path / ".state"
    store = SqliteStore(state / "store.sqlite3")
    await store.start("7")
    page = (ROOT / "docs/deploy-self-hosted.md").read_text()
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


async def test_sqlite_store_migrates_a_0_1_0_file(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute(
            "CREATE TABLE session (id TEXT PRIMARY KEY, phase TEXT NOT NULL,"
            " reason TEXT NOT NULL DEFAULT '', since REAL NOT NULL) WITHOUT ROWID"
        )
        db.execute("INSERT INTO session (id, phase, since) VALUES ('7', 'met', 0)")
        db.commit()
    for store in (SqliteStore(path), SqliteStore(path)):
        await store.set_room("7", "RM_1")
        await store.end("7", "completed", room_sid="RM_2")
        assert await store.phase("7") is Phase.MET


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
    with pytest.raises(StoreError):
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
