"""The ledger in the store, on SQLite; tests/integration/test_store_redis.py asks Redis the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.store import SqliteStore, Store


def days_ago(days: int) -> str:
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%d}"


def today() -> str:
    """Asked anew: a run of all tests may go on past midnight."""
    return days_ago(0)


async def check_a_days_seconds_add_up(store: Store) -> None:
    assert await store.avatar_seconds(today()) == 0
    await store.spend_avatar(today(), 12.5)
    await store.spend_avatar(today(), 0.25)
    await store.spend_avatar(days_ago(1), 100)
    assert await store.avatar_seconds(today()) == 12.75
    assert await store.avatar_seconds(days_ago(1)) == 100
    assert await store.avatar_seconds(days_ago(2)) == 0


async def check_nothing_is_lost_where_many_spend_at_once(store: Store) -> None:
    await asyncio.gather(*(store.spend_avatar(today(), 0.5) for _ in range(30)))
    assert await store.avatar_seconds(today()) == 15


async def check_old_days_are_forgotten(store: Store) -> None:
    for days in (0, 1, 4, 40, 400):
        await store.spend_avatar(days_ago(days), 1)
    await store.forget_older(30 * 86_400)
    assert [await store.avatar_seconds(days_ago(d)) for d in (0, 1, 4, 40, 400)] == [1, 1, 1, 0, 0]


async def check_a_short_retention_does_not_give_the_budget_anew(store: Store) -> None:
    for days in (0, 1, 3):
        await store.spend_avatar(days_ago(days), 7)
    await store.forget_older(0)
    assert await store.avatar_seconds(today()) == 7
    assert await store.avatar_seconds(days_ago(3)) == 0


async def check_forgetting_a_session_leaves_the_ledger(store: Store) -> None:
    await store.open_outcome("o", "s", "1", 60)
    await store.spend_avatar(today(), 7)
    assert await store.forget_session("s") == 1
    assert await store.avatar_seconds(today()) == 7


LEDGER_CHECKS = [
    check_a_days_seconds_add_up,
    check_nothing_is_lost_where_many_spend_at_once,
    check_old_days_are_forgotten,
    check_a_short_retention_does_not_give_the_budget_anew,
    check_forgetting_a_session_leaves_the_ledger,
]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = SqliteStore(tmp_path / "store")
    yield opened
    await opened.aclose()


@pytest.mark.parametrize("check", LEDGER_CHECKS, ids=lambda c: c.__name__)
async def test_sqlite_keeps_the_ledger(store: Store, check: object) -> None:
    await check(store)  # type: ignore[operator]
