"""The store's promises on a real Redis, and two replicas that share nothing else."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.demo.livekit_server import ensure_binary, free_ports, livekit_server
from agent.errors import StoreError
from agent.store import RedisStore, open_store
from tests.integration.endpoint_fixtures import (
    BACKEND,
    endpoint,
    endpoint_env,
    path_of,
    until,
)
from tests.unit.test_store import CHECKS

pytestmark = pytest.mark.skipif(
    shutil.which("redis-server") is None,
    reason="redis-server is not on PATH: the shared store was not tested",
)


@pytest.fixture(scope="module")
async def redis_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    [port] = free_ports(1)
    url = f"redis://127.0.0.1:{port}/0"
    server = await asyncio.create_subprocess_exec(
        *("redis-server", "--port", str(port), "--bind", "127.0.0.1"),
        *("--save", "", "--appendonly", "no", "--dir", str(tmp_path_factory.mktemp("redis"))),
        stdout=asyncio.subprocess.DEVNULL,
    )

    async def up() -> bool:
        assert server.returncode is None
        store = RedisStore(url)
        try:
            await store.phase("x")
        except StoreError:
            return False
        finally:
            await store.aclose()
        return True

    try:
        await until(up)
        yield url
    finally:
        server.terminate()
        await server.wait()


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.__name__)
async def test_redis_keeps_the_promise(redis_url: str, check: object) -> None:
    store = open_store(Path("unused"), redis_url)
    try:
        await check(store)  # type: ignore[operator]
    finally:
        await store.aclose()


async def test_an_end_on_one_replica_is_known_on_the_other(redis_url: str, tmp_path: Path) -> None:
    async with livekit_server(await ensure_binary(), tmp_path / "log") as livekit:
        envs = [
            endpoint_env(livekit, tmp_path / f"state{i}", REDIS_URL=redis_url) for i in range(2)
        ]
        async with endpoint(envs[0], tmp_path) as one, endpoint(envs[1], tmp_path) as two:
            answers = await asyncio.gather(
                *(e.http.post(path_of("shared"), headers=BACKEND) for e in (one, two))
            )
            assert sorted(a.status_code for a in answers) == [200, 201]
            ended = await one.http.post(path_of("shared", end=True), headers=BACKEND)
            assert ended.status_code == 200
            again = await two.http.post(path_of("shared"), headers=BACKEND)
            assert again.json()["error"]["code"] == "session_ended"
