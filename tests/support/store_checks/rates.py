"""Checks of how a store counts requests against limits."""

from __future__ import annotations

import asyncio

import pytest

from agent.store import Limit, LimitReached, Phase, Store


def limit(key: str, amount: int, *, window: int = 7, passed: float = 0.0) -> Limit:
    return Limit(key, "this session", amount, 60, window, passed)


async def check_limit_is_reached_after_its_amount(store: Store) -> None:
    await store.count([])
    asked = (store.count([limit("amount", 3)]) for _ in range(5))
    done = await asyncio.gather(*asked, return_exceptions=True)
    refused = [each for each in done if isinstance(each, LimitReached)]
    assert [(each.before, each.current) for each in refused] == [(0, 3)] * 2
    await store.count([limit("amount-2", 3)])


async def check_window_before_counts_by_the_share_that_has_not_passed(store: Store) -> None:
    for _ in range(4):
        await store.count([limit("share", 4)])
    for _ in range(2):
        await store.count([limit("share", 4, window=8, passed=0.5)])
    with pytest.raises(LimitReached) as reached:
        await store.count([limit("share", 4, window=8, passed=0.5)])
    assert (reached.value.before, reached.value.current) == (4, 2)
    await store.count([limit("share", 4, window=8, passed=0.75)])


async def check_first_limit_that_is_reached_is_named(store: Store) -> None:
    wide, narrow, last = limit("wide", 9), limit("narrow", 1), limit("last", 1)
    await store.count([wide, narrow, last])
    with pytest.raises(LimitReached) as reached:
        await store.count([wide, narrow, last])
    assert reached.value.limit is narrow
    with pytest.raises(LimitReached) as reached:
        await store.count([limit("wide", 2), limit("other", 1)])
    assert (reached.value.limit.key, reached.value.current) == ("wide", 2), "the first two count"


async def check_start_beyond_a_limit_does_not_start(store: Store) -> None:
    limits = [limit("start", 2), limit("start-2", 5)]
    assert await store.start("limited", claim_dispatch_s=5, limits=limits) is None
    assert await store.start("limited", claim_dispatch_s=5, limits=limits) is Phase.STARTED
    for session_id in ("limited", "limited-2"):
        with pytest.raises(LimitReached):
            await store.start(session_id, claim_dispatch_s=5, limits=limits)
    assert await store.phase("limited-2") is None
    assert await store.claim("dispatch/limited-2", 5), "nothing was claimed"


RATE_CHECKS = [
    check_limit_is_reached_after_its_amount,
    check_window_before_counts_by_the_share_that_has_not_passed,
    check_first_limit_that_is_reached_is_named,
    check_start_beyond_a_limit_does_not_start,
]
