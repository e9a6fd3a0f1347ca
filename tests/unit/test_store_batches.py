"""Calls to the store that wait are run together."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from agent.core.errors import StoreError
from agent.store import SqliteStore
from agent.store.batches import Batches


class Runner:
    """Runs batches when the test says so; a call is a number, and 13 fails."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.may_run = asyncio.Event()

    async def run(self, calls: Sequence[int]) -> list[Any]:
        self.batches.append(list(calls))
        await self.may_run.wait()
        return [ValueError("13") if call == 13 else call * 10 for call in calls]


async def test_calls_that_wait_are_the_next_batch() -> None:
    runner = Runner()
    batches = Batches(runner.run)
    first = asyncio.create_task(batches.call(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.create_task(batches.call(number)) for number in (2, 13, 3)]
    await asyncio.sleep(0)
    runner.may_run.set()
    assert await first == 10
    found = await asyncio.gather(*others, return_exceptions=True)
    assert (found[0], repr(found[1]), found[2]) == (20, "ValueError('13')", 30)
    assert runner.batches == [[1], [2, 13, 3]]


async def test_cancelled_caller_does_not_disturb_the_others() -> None:
    runner = Runner()
    batches = Batches(runner.run)
    running = asyncio.create_task(batches.call(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting, other = (asyncio.create_task(batches.call(number)) for number in (2, 3))
    await asyncio.sleep(0)
    running.cancel()
    waiting.cancel()
    await asyncio.sleep(0)
    runner.may_run.set()
    assert await other == 30
    assert runner.batches == [[1], [3]], "a call whose caller is gone does not run any more"
    assert await batches.call(4) == 40


def test_batches_work_in_the_next_event_loop() -> None:
    runner = Runner()
    batches = Batches(runner.run)

    async def abandoned() -> None:
        asyncio.create_task(batches.call(1))  # noqa: RUF006 - asyncio.run cancels it
        await asyncio.sleep(0.01)

    async def served() -> None:
        runner.may_run = asyncio.Event()
        runner.may_run.set()
        assert await batches.call(2) == 20

    asyncio.run(abandoned())
    asyncio.run(served())


async def test_change_that_cannot_be_made_fails_alone(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store")
    unknown_type = cast(str, object())
    found = await asyncio.gather(
        store.start("before"),
        store.save_request("bad", unknown_type, room_sid="RM_1", dispatched=True),
        store.start("\ud800"),
        store.start("after"),
        return_exceptions=True,
    )
    assert (found[0], found[3]) == (None, None)
    assert [type(found[1]), type(found[2])] == [StoreError, UnicodeEncodeError]
    assert await store.phase("before") == await store.phase("after") == "started"
    assert await store.phase("bad") is None, "its change was undone completely"
    await store.aclose()


async def test_locked_file_fails_all_waiting_changes_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.store.sqlite_file._WAIT_S", 0.2)
    store = SqliteStore(tmp_path / "store")
    await store.aclose()
    store = SqliteStore(tmp_path / "store")
    with sqlite3.connect(tmp_path / "store", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        began_at = asyncio.get_running_loop().time()
        found = await asyncio.gather(
            *(store.start(str(number)) for number in range(20)), return_exceptions=True
        )
        assert all(isinstance(each, StoreError) for each in found)
        assert asyncio.get_running_loop().time() - began_at < 2, "each waited by itself"
        other.execute("COMMIT")
    assert await store.start("1") is None
    await store.aclose()
