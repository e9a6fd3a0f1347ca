"""The daily budget of avatar minutes."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from agent.billing.budget import avatar_budget_is_used_up, utc_day
from agent.store import SqliteStore


async def test_avatar_budget_counts_the_seconds_of_today(store: SqliteStore) -> None:
    assert not await avatar_budget_is_used_up(store, None)
    assert not await avatar_budget_is_used_up(store, 1)
    assert await avatar_budget_is_used_up(store, 0)
    await store.add_avatar_seconds(utc_day(), 40)
    await store.add_avatar_seconds("2020-01-01", 4_000)
    assert not await avatar_budget_is_used_up(store, 1)
    await store.add_avatar_seconds(utc_day(), 20)
    assert await avatar_budget_is_used_up(store, 1)


@pytest.mark.parametrize("opened", [True, False])
async def test_avatar_budget_is_not_used_up_if_the_store_cannot_be_read(
    opened: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = SqliteStore(tmp_path / "store.sqlite3") if opened else None
    (tmp_path / "store.sqlite3").unlink(missing_ok=True)
    with caplog.at_level(logging.INFO, logger="training_greeter"):
        assert not await avatar_budget_is_used_up(store, 0)
        assert not await avatar_budget_is_used_up(store, None)
    [record] = caplog.records
    assert vars(record)["event"] == "avatar_budget_unreadable"
    assert "check REDIS_URL or STATE_DIR" in record.message
