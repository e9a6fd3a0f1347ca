"""Checks of the avatar ledger and the counts in a store."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

from agent.store import Store


def days_ago(days: int) -> str:
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%d}"


def today() -> str:
    """Computed at each call: a test run may pass midnight."""
    return days_ago(0)


async def check_avatar_seconds_of_a_day_add_up(store: Store) -> None:
    assert await store.avatar_seconds(today()) == 0
    await store.add_avatar_seconds(today(), 12.5)
    await store.add_avatar_seconds(today(), 0.25)
    await store.add_avatar_seconds(days_ago(1), 100)
    assert await store.avatar_seconds(today()) == 12.75
    assert await store.avatar_seconds(days_ago(1)) == 100
    assert await store.avatar_seconds(days_ago(2)) == 0


async def check_concurrent_avatar_seconds_add_up(store: Store) -> None:
    await asyncio.gather(*(store.add_avatar_seconds(today(), 0.5) for _ in range(30)))
    assert await store.avatar_seconds(today()) == 15


async def check_forget_older_deletes_old_days(store: Store) -> None:
    for days in (0, 1, 4, 40, 400):
        await store.add_avatar_seconds(days_ago(days), 1)
    await store.forget_older(30 * 86_400)
    assert [await store.avatar_seconds(days_ago(d)) for d in (0, 1, 4, 40, 400)] == [1, 1, 1, 0, 0]


async def check_forget_older_keeps_today_and_yesterday(store: Store) -> None:
    for days in (0, 1, 3):
        await store.add_avatar_seconds(days_ago(days), 7)
    await store.forget_older(0)
    assert await store.avatar_seconds(today()) == 7
    assert await store.avatar_seconds(days_ago(3)) == 0


async def check_forget_session_keeps_the_ledger(store: Store) -> None:
    await store.open_outcome("o", "s", "1", 60)
    await store.add_avatar_seconds(today(), 7)
    assert await store.forget_session("s") == 1
    assert await store.avatar_seconds(today()) == 7


async def check_counts_add_up(store: Store) -> None:
    assert await store.counts() == {}
    await asyncio.gather(*(store.add_counts({"a|b": 1, "c|": 2.5}) for _ in range(10)))
    await store.forget_older(0)
    assert await store.counts() == {"a|b": 10, "c|": 25}


async def check_space_is_used_and_limited(store: Store) -> None:
    space = await store.space()
    assert 0 < space.used_bytes < space.limit_bytes


async def check_avatar_sessions_add_up_until_they_are_billed(store: Store) -> None:
    await store.add_avatar_seconds(today(), 0, session="bey-1")
    await asyncio.sleep(0.01)
    await store.add_avatar_seconds(today(), 12.5, session="bey-2")
    await store.add_avatar_seconds(today(), 2.5, session="bey-2")
    await store.add_avatar_seconds(today(), 100)
    assert await store.avatar_seconds(today()) == 115
    first, second = await store.avatar_sessions()
    assert (first.id, first.seconds, first.billed_s) == ("bey-1", 0, None)
    assert (second.id, second.seconds, second.billed_s) == ("bey-2", 15, None)
    assert 0 <= second.quiet_s <= first.quiet_s < 60
    assert abs(first.given_at - time.time()) < 60

    await store.set_avatar_bill("bey-2", 17.5)
    await store.set_avatar_bill("unknown", 1)
    assert [s.id for s in await store.avatar_sessions(only_unbilled=True)] == ["bey-1"]
    assert [s.billed_s for s in await store.avatar_sessions()] == [None, 17.5]
    await store.add_avatar_seconds(today(), 1, session="bey-2")
    assert [s.billed_s for s in await store.avatar_sessions(only_unbilled=True)] == [None, None]


async def check_forget_older_deletes_avatar_sessions(store: Store) -> None:
    await store.add_avatar_seconds(today(), 5, session="bey-1")
    await store.add_avatar_seconds(today(), 5, session="bey-2")
    await store.set_avatar_bill("bey-2", 5)
    await store.forget_older(60)
    assert len(await store.avatar_sessions()) == 2
    await store.forget_older(0)
    assert await store.avatar_sessions() == []
    assert await store.avatar_sessions(only_unbilled=True) == []


LEDGER_CHECKS = [
    check_avatar_sessions_add_up_until_they_are_billed,
    check_forget_older_deletes_avatar_sessions,
    check_counts_add_up,
    check_space_is_used_and_limited,
    check_avatar_seconds_of_a_day_add_up,
    check_concurrent_avatar_seconds_add_up,
    check_forget_older_deletes_old_days,
    check_forget_older_keeps_today_and_yesterday,
    check_forget_session_keeps_the_ledger,
]
