"""One livekit-server and one process of stand-ins for all tests here; each test starts clean."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from agent.demo.livekit_server import LiveKitServer, ensure_binary, livekit_server
from agent.demo.stand_ins import StandIns, stand_ins


@pytest_asyncio.fixture(scope="session")
async def livekit(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveKitServer]:
    log = tmp_path_factory.mktemp("livekit") / "livekit.log"
    async with livekit_server(await ensure_binary(), log) as server:
        yield server


@pytest_asyncio.fixture(scope="session")
async def process(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[StandIns]:
    log = tmp_path_factory.mktemp("stand-ins") / "stand-ins.log"
    async with stand_ins(latency="none", log=log) as running:
        yield running


@pytest_asyncio.fixture
async def providers(process: StandIns) -> AsyncIterator[StandIns]:
    """The stand-ins, without faults, records or avatars of an earlier test."""
    await process.reset()
    yield process


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        yield session


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Moonshine's recordings of people."""
    import moonshine_voice

    return Path(moonshine_voice.__file__).parent / "assets"
