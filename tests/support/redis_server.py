"""A Redis server on loopback that saves nothing to disk."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from agent.core.errors import StoreError
from agent.demo.livekit_server import free_ports
from agent.store import RedisStore
from tests.support.waiting import until_answer


@contextlib.asynccontextmanager
async def redis_server(folder: Path) -> AsyncIterator[str]:
    """Run Redis until the block ends; the value is its URL."""
    [port] = free_ports(1)
    url = f"redis://127.0.0.1:{port}/0"
    server = await asyncio.create_subprocess_exec(
        *("redis-server", "--port", str(port), "--bind", "127.0.0.1"),
        *("--save", "", "--appendonly", "no", "--dir", str(folder)),
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
        await until_answer(up)
        yield url
    finally:
        server.terminate()
        await server.wait()
