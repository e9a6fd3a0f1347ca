"""The worker records the end of a greeting in the store it shares with the endpoint."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import cast

import pytest

from agent.core.end_reasons import COMPLETED, CONNECTION_LOST
from agent.core.errors import StoreError
from agent.outcomes import session_end
from agent.outcomes.session_end import record_session_end
from agent.store import Phase, SqliteStore, Store


@pytest.fixture
async def store(tmp_path: Path) -> SqliteStore:
    made = SqliteStore(tmp_path / "store")
    await made.start("7")
    await made.set_room("7", "RM_1")
    return made


async def test_end_on_purpose_ends_the_session(store: SqliteStore) -> None:
    await record_session_end(store, session_id="7", room_sid="RM_1", reason=COMPLETED)
    assert await store.end_reason("7") == COMPLETED


async def test_restartable_end_lets_the_session_start_again(store: SqliteStore) -> None:
    await record_session_end(store, session_id="7", room_sid="RM_1", reason=CONNECTION_LOST)
    assert await store.phase("7") is None


@pytest.mark.parametrize("reason", [COMPLETED, CONNECTION_LOST])
async def test_end_of_an_older_room_changes_nothing(store: SqliteStore, reason: str) -> None:
    await record_session_end(store, session_id="7", room_sid="RM_0", reason=reason)
    assert await store.phase("7") is Phase.STARTED


class BrokenStore:
    """Fails, or never answers."""

    def __init__(self, *, hangs: bool) -> None:
        self.hangs = hangs

    async def end(self, session_id: str, reason: str, *, room_sid: str) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        raise StoreError("Redis cannot be reached")


@pytest.mark.parametrize("hangs", [False, True])
async def test_failing_store_does_not_stop_the_close(
    hangs: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(session_end, "_TIMEOUT_S", 0.05)
    broken = cast(Store, BrokenStore(hangs=hangs))
    with caplog.at_level(logging.WARNING):
        await record_session_end(broken, session_id="7", room_sid="RM_1", reason=COMPLETED)
    [line] = caplog.records
    assert line.event == "session_end_not_recorded"  # type: ignore[attr-defined]


async def test_recording_an_end_without_a_store_does_not_raise() -> None:
    await record_session_end(None, session_id="7", room_sid="RM_1", reason=COMPLETED)
