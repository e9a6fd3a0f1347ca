"""A real Redis for every test that shares one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from agent.demo.livekit_server import free_ports
from agent.errors import StoreError
from agent.store import RedisStore
from tests.integration.endpoint_fixtures import until


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
