"""The store's checks on a real Redis."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import shlex
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
import redis.asyncio as redis

from agent.core.errors import StoreError
from agent.core.settings import StoreSettings
from agent.demo.livekit_server import free_ports
from agent.store import Phase, RedisStore, Store, open_store
from agent.store.interface import FORGOTTEN_S, forgotten_mark
from tests.support.endpoint_process import ROOT
from tests.support.store_checks.delivery import DELIVERY_CHECKS
from tests.support.store_checks.ledger import LEDGER_CHECKS
from tests.support.store_checks.outcomes import OUTCOME_CHECKS
from tests.support.store_checks.rates import RATE_CHECKS
from tests.support.store_checks.sessions import SESSION_CHECKS
from tests.support.waiting import until_answer

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
    "check",
    [*SESSION_CHECKS, *RATE_CHECKS, *OUTCOME_CHECKS, *LEDGER_CHECKS],
    ids=lambda c: c.__name__,
)
async def test_redis_store(store: Store, check: object) -> None:
    await check(store)  # type: ignore[operator]


@pytest.mark.parametrize("check", DELIVERY_CHECKS, ids=lambda c: c.__name__)
async def test_redis_outcome_delivery(store: Store, check: object) -> None:
    await check(store)  # type: ignore[operator]


async def test_redis_store_of_a_later_version_is_used(store: Store, redis_url: str) -> None:
    """docs/upgrading.md: a later minor version adds keys and fields."""
    await store.start("s")
    await store.save_request("s", "{}", room_sid="RM_1", dispatched=True)
    await store.open_outcome("o", "s", '{"of_tomorrow": 1}', 60)
    async with redis.Redis.from_url(redis_url, decode_responses=True) as raw:
        await raw.hset("greeter:session:s", "of_tomorrow", "x")
        await raw.set("greeter:of_tomorrow", "x")
        request = json.loads(await raw.hget("greeter:request:bodies", "s"))
        request["of_tomorrow"] = [1]
        await raw.hset("greeter:request:bodies", "s", json.dumps(request))
    [found] = await store.recent_requests(60, keep_s=60)
    assert found.room_sid == "RM_1"
    await store.set_room("s", "RM_2")
    await store.mark_met("s")
    await store.end("s", "continue", room_sid="RM_2")
    assert await store.end_reason("s") == "continue"
    assert await store.close_outcome("o", '{"of_tomorrow": 2}')
    assert await store.forget_session("s") == 1


async def test_call_that_cannot_be_encoded_fails_alone(store: Store) -> None:
    found = await asyncio.gather(
        store.start("before"),
        store.start("\ud800"),
        store.save_request("bad", cast(str, object()), room_sid="RM_1", dispatched=True),
        store.start("after"),
        return_exceptions=True,
    )
    assert (found[0], found[3]) == (None, None)
    assert [type(found[1]), type(found[2])] == [UnicodeEncodeError, StoreError]
    assert await store.phase("after") is Phase.STARTED


async def test_redis_backup_is_restored_with_the_documented_commands(tmp_path: Path) -> None:
    """The commands of docs/backup.md, without Docker."""
    page = (ROOT / "docs/backup.md").read_text()
    [restore] = re.findall(r"--entrypoint sh redis -c '(.*?)'", page, re.DOTALL)
    [port] = free_ports(1)
    data, backup = tmp_path / "data", tmp_path / "redis.rdb"
    data.mkdir()
    command = f"redis-server --dir {data} --port {port} --bind 127.0.0.1 --save '' --appendonly yes"
    store = RedisStore(f"redis://127.0.0.1:{port}/0")

    async def served() -> bool:
        with contextlib.suppress(StoreError):
            await store.phase("x")
            return True
        return False

    async def shell(command: str) -> None:
        # These stand for the container's address, data folder and mounted backup.
        for name, here in {
            "redis-cli": f"redis-cli -p {port}",
            "redis-server --dir /data": f"redis-server --port {port} --dir {data}",
            "/data": str(data),
            "/backup.rdb": str(backup),
        }.items():
            command = re.sub(rf"(?<![\w/]){re.escape(name)}", here, command)
        process = await asyncio.create_subprocess_shell(command)
        assert await asyncio.wait_for(process.wait(), 120) == 0

    async with running_shell(command):
        await until_answer(served)
        await store.start("7")
        await shell(f"redis-cli --rdb - > {backup}")
        await store.end("7", "after the backup")
    await shell(restore)
    async with running_shell(command):
        await until_answer(served)
        assert await store.phase("7") is Phase.STARTED
        await store.aclose()


@contextlib.asynccontextmanager
async def running_shell(command: str) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        *shlex.split(command), stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def test_redis_store_sends_its_functions_again_after_redis_has_lost_them(
    store: Store, redis_url: str
) -> None:
    await store.start("s")
    async with redis.Redis.from_url(redis_url) as raw:
        await raw.script_flush()
    assert await store.phase("s") is Phase.STARTED


async def test_redis_forget_session_leaves_no_key(store: Store, redis_url: str) -> None:
    await store.start("s")
    await store.save_request("s", "{}", room_sid="RM_1", dispatched=True)
    await store.end("s", "continue")
    await store.open_outcome("open", "s", "1", 60)
    await store.open_outcome("due", "s", "1", 60)
    await store.close_outcome("due", "1")
    await store.retry_delivery("due", 1, 60)
    await store.forget_session("s")
    # Without it, a running greeting would write its outcome anew.
    mark = f"greeter:lease:{forgotten_mark('s')}".encode()
    await store.start("t")
    await store.forget_phase("t")
    await store.end("u", "continue")
    await store.restart("u")
    async with redis.Redis.from_url(redis_url) as raw:
        assert await raw.keys("*") == [mark]
        assert 0 < await raw.ttl(mark) <= FORGOTTEN_S


async def test_redis_forget_session_removes_the_text_from_the_append_only_file(
    store: Store, redis_url: str
) -> None:
    async with redis.Redis.from_url(redis_url, decode_responses=True) as raw:
        folder = Path((await raw.config_get("dir"))["dir"])
        await raw.config_set("appendonly", "yes")
        try:
            await store.save_request("s", "my-own-words", room_sid="RM_1", dispatched=True)
            await until_answer(lambda: asyncio.to_thread(has_words, folder))
            await store.forget_session("s")
            await until_answer(lambda: asyncio.to_thread(lambda: not has_words(folder)))
        finally:
            await raw.config_set("appendonly", "no")


def has_words(folder: Path) -> bool:
    while True:
        # Redis renames its temporary files.
        with contextlib.suppress(FileNotFoundError):
            return any(b"my-own-words" in p.read_bytes() for p in folder.glob("appendonlydir/*"))


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
