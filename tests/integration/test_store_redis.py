"""The store's promises on a real Redis."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator

import pytest
import redis.asyncio as redis

from agent.core.errors import StoreError
from agent.core.settings import StoreSettings
from agent.demo.livekit_server import free_ports
from agent.store import RedisStore, Store, open_store
from tests.unit.test_outcomes_delivery import DELIVERY_CHECKS
from tests.unit.test_store import CHECKS
from tests.unit.test_store_ledger import LEDGER_CHECKS
from tests.unit.test_store_outcomes import OUTCOME_CHECKS

pytestmark = pytest.mark.skipif(
    shutil.which("redis-server") is None,
    reason="redis-server is not on PATH: the shared store was not tested",
)


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Store]:
    """Empty."""
    async with redis.Redis.from_url(redis_url) as raw:
        await raw.flushall()
    opened = open_store(StoreSettings.from_env({"REDIS_URL": redis_url}))
    yield opened
    await opened.aclose()


@pytest.mark.parametrize(
    "check", [*CHECKS, *OUTCOME_CHECKS, *LEDGER_CHECKS], ids=lambda c: c.__name__
)
async def test_redis_keeps_the_promise(store: Store, check: object) -> None:
    await check(store)  # type: ignore[operator]


@pytest.mark.parametrize("check", DELIVERY_CHECKS, ids=lambda c: c.__name__)
async def test_outcomes_are_delivered_from_redis(store: Store, check: object) -> None:
    await check(store)  # type: ignore[operator]


async def test_a_forgotten_session_leaves_no_key(store: Store, redis_url: str) -> None:
    await store.start("s")
    await store.end("s", "continue")
    await store.open_outcome("open", "s", "1", 60)
    await store.open_outcome("due", "s", "1", 60)
    await store.close_outcome("due", "1")
    await store.postpone_outcome("due", 1, 60)
    await store.forget_session("s")
    await store.start("t")
    await store.forget_phase("t")
    await store.end("u", "continue")
    await store.restart("u")
    async with redis.Redis.from_url(redis_url) as raw:
        assert await raw.keys("*") == []


async def test_a_redis_that_is_away_is_our_error() -> None:
    [nobody] = free_ports(1)
    store = RedisStore(f"redis://:password@127.0.0.1:{nobody}/0")
    for step in (
        store.open_outcome("o", "s", "1", 60),
        store.due_outcomes(1),
        store.forget_session("s"),
        store.spend_avatar("2026-03-02", 1),
        store.avatar_seconds("2026-03-02"),
    ):
        with pytest.raises(StoreError) as error:
            await step
        assert "password" not in str(error.value)
