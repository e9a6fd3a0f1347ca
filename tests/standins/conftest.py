"""One livekit-server and one process of stand-ins, shared by the tests of this folder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from agent.demo.livekit_server import LiveKitServer, ensure_binary, livekit_server
from tests.support.crash_reports import get_running
from tests.support.providers import Providers, running_providers
from tests.support.restartable import Restartable


@pytest_asyncio.fixture(scope="session")
async def shared_livekit(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Restartable[LiveKitServer]]:
    binary = await ensure_binary()
    log = tmp_path_factory.mktemp("livekit") / "livekit.log"
    shared = Restartable(
        "livekit-server", lambda: livekit_server(binary, log), lambda server: ended(server.process)
    )
    yield shared
    await shared.aclose()


@pytest_asyncio.fixture
async def livekit(
    shared_livekit: Restartable[LiveKitServer], record_property: Callable[[str, object], None]
) -> LiveKitServer:
    return await get_running(shared_livekit, record_property)


@pytest_asyncio.fixture(scope="session")
async def shared_stand_ins(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Restartable[Providers]]:
    log = tmp_path_factory.mktemp("stand-ins") / "stand-ins.log"
    shared = Restartable(
        "stand-ins",
        lambda: running_providers(log, STAND_IN_LATENCY="0"),
        lambda running: ended(running.process),
    )
    yield shared
    await shared.aclose()


@pytest_asyncio.fixture
async def providers(
    shared_stand_ins: Restartable[Providers], record_property: Callable[[str, object], None]
) -> Providers:
    """The stand-ins, without faults, records or avatars of an earlier test."""
    running = await get_running(shared_stand_ins, record_property)
    await running.reset()
    return running


def ended(process: asyncio.subprocess.Process) -> list[str]:
    """Describe a process that has ended; nothing if it runs."""
    return [] if process.returncode is None else [f"exit code {process.returncode}"]


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    # Without a total timeout: WebSockets live longer.
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=30)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield session


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Return the folder of recordings of people in the moonshine wheel."""
    import moonshine_voice

    return Path(moonshine_voice.__file__).parent / "assets"
