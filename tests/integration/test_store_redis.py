"""The store's checks on a real Redis."""

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
from tests.unit.test_store import SESSION_CHECKS
from tests.unit.test_store_ledger import LEDGER_CHECKS
from tests.unit.test_store_outcomes import OUTCOME_CHECKS

pytestmark = pytest.mark.skipif(
    shutil.which("redis-server") is None,
    reason="redis-server is not installed",
)


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Store]:
    """An empty Redis store."""
    async with redis.Redis.from_url(redis_url) as raw:
        await raw.flushall()
    opened = open_store(StoreSettings.from_env({"REDIS_URL": redis_url}))
    yield opened
    await opened.aclose()


@pytest.mark.parametrize(
    "check", [*SESSION_CHECKS, *OUTCOME_CHECKS, *LEDGER_CHECKS], ids=lambda c: c.__name__
)
async def test_redis_store(store: Store, check: object) -> None:
    await check(store)  # type: ignore[operator]


@pytest.mark.parametrize("check", DELIVERY_CHECKS, ids=lambda c: c.__name__)
async def test_redis_outcome_delivery(store: Store, check: object) -> None:
    await check(store)  # type: ignore[operator]


async def test_redis_forget_session_leaves_no_key(store: Store, redis_url: str) -> None:
    await store.start("s")
    await store.save_request("s", "{}", room_sid="RM_1", dispatched=True)
    await store.end("s", "continue")
    await store.open_outcome("open", "s", "1", 60)
    await store.open_outcome("due", "s", "1", 60)
    await store.close_outcome("due", "1")
    await store.retry_delivery("due", 1, 60)
    await store.forget_session("s")
    await store.start("t")
    await store.forget_phase("t")
    await store.end("u", "continue")
    await store.restart("u")
    async with redis.Redis.from_url(redis_url) as raw:
        assert await raw.keys("*") == []


async def test_redis_store_raises_store_error_without_a_server() -> None:
    [port] = free_ports(1)
    store = RedisStore(f"redis://:password@127.0.0.1:{port}/0")
    for step in (
        store.open_outcome("o", "s", "1", 60),
        store.due_outcomes(1),
        store.forget_session("s"),
        store.add_avatar_seconds("2026-03-02", 1),
        store.avatar_seconds("2026-03-02"),
    ):
        with pytest.raises(StoreError) as error:
            await step
        assert "password" not in str(error.value)
