"""Sessions and claims in the store, on SQLite; tests/integration/test_store_redis.py asks Redis."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.core.errors import StoreError
from agent.core.settings import StoreSettings
from agent.store import PRESUMED, Phase, SqliteStore, Store, open_store


async def check_one_starter(store: Store) -> None:
    found = await asyncio.gather(*(store.start("one") for _ in range(10)))
    assert found.count(None) == 1
    assert found.count(Phase.STARTED) == 9
    assert await store.phase("one") is Phase.STARTED


async def check_phases(store: Store) -> None:
    assert await store.phase("s") is None
    await store.mark_met("s")
    assert await store.phase("s") is None, "nobody meets in a session that has not started"
    assert await store.start("s") is None
    await store.mark_met("s")
    assert await store.phase("s") is Phase.MET
    assert await store.start("s") is Phase.MET
    assert await store.restart("s") is False, "only what has ended is restarted"
    await store.end("s", "continue")
    await store.end("s", "again")
    await store.mark_met("s")
    assert await store.phase("s") is Phase.ENDED
    assert await store.start("s") is Phase.ENDED
    assert await store.phase("other") is None


async def check_end_reason(store: Store) -> None:
    assert await store.end_reason("e") is None
    await store.start("e")
    assert await store.end_reason("e") is None
    await store.end("e", PRESUMED)
    assert await store.end_reason("e") is None, "nobody knows that it ended"
    await store.end("e", "continue")
    await store.end("e", "again")
    assert await store.end_reason("e") == "continue"


async def check_end_before_start(store: Store) -> None:
    await store.end("early", "continue")
    assert await store.start("early") is Phase.ENDED


async def check_one_restarter(store: Store) -> None:
    await store.end("r", "continue")
    assert sorted(await asyncio.gather(*(store.restart("r") for _ in range(5)))) == [False] * 4 + [
        True
    ]
    assert await store.start("r") is None


async def check_forgetting(store: Store) -> None:
    await store.forget_phase("unknown")
    for step in (store.start, store.mark_met):
        assert await store.start("f") in (None, Phase.STARTED)
        await step("f")
        await store.forget_phase("f")
        assert await store.phase("f") is None
    await store.end("f", "continue")
    await store.end("f", PRESUMED)
    await store.forget_phase("f")
    assert await store.phase("f") is Phase.ENDED, "what ended on purpose stays ended"


async def check_a_presumed_end(store: Store) -> None:
    await store.start("p")
    await store.end("p", PRESUMED)
    assert await store.start("p") is Phase.ENDED
    await store.forget_phase("p")
    assert await store.start("p") is None, "a report knew better"
    await store.end("p", PRESUMED)
    await store.end("p", "continue")
    await store.forget_phase("p")
    assert await store.phase("p") is Phase.ENDED, "a real reason takes the presumed one's place"


async def check_claims(store: Store) -> None:
    taken = await asyncio.gather(*(store.claim("c", 30) for _ in range(10)))
    assert taken.count(True) == 1
    assert await store.claim("other", 30)
    assert await store.claim("short", 0.05)
    await asyncio.sleep(0.1)  # what is tested is that time passes
    assert await store.claim("short", 30)
    assert not await store.claim("c", 30)


CHECKS = [
    check_one_starter,
    check_phases,
    check_end_reason,
    check_end_before_start,
    check_one_restarter,
    check_forgetting,
    check_a_presumed_end,
    check_claims,
]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = open_store(StoreSettings.from_env({"STATE_DIR": str(tmp_path / "state")}))
    yield opened
    await opened.aclose()


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.__name__)
async def test_sqlite_keeps_the_promise(store: Store, check: object) -> None:
    await check(store)  # type: ignore[operator]


async def test_what_ended_is_still_ended_in_the_next_process(tmp_path: Path) -> None:
    await SqliteStore(tmp_path / "s").end("7", "continue")
    assert await SqliteStore(tmp_path / "s").phase("7") is Phase.ENDED


async def test_two_processes_on_one_file_start_a_session_once(tmp_path: Path) -> None:
    stores = [SqliteStore(tmp_path / "s") for _ in range(2)]
    found = await asyncio.gather(*(stores[i % 2].start("7") for i in range(20)))
    assert found.count(None) == 1


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
async def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state" / "s")
    await store.start("7")
    for path in (tmp_path / "state").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


async def test_a_file_that_is_no_store_is_our_error(tmp_path: Path) -> None:
    (tmp_path / "s").write_bytes(b"not a database, certainly not one of sqlite's" * 100)
    with pytest.raises(StoreError):
        SqliteStore(tmp_path / "s")


async def test_a_directory_that_cannot_be_made_is_our_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError):
        SqliteStore(tmp_path / "file" / "s")


def test_an_unusable_redis_address_is_our_error_and_not_repeated() -> None:
    with pytest.raises(StoreError) as error:
        open_store(StoreSettings.from_env({"REDIS_URL": "http://:password@nowhere"}))
    assert "password" not in str(error.value)
