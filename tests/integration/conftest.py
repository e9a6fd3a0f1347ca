"""A livekit-server for the modules that start token endpoints and workers of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from agent.demo.livekit_server import LiveKitServer, ensure_binary, livekit_server
from tests.support.module_servers import rebuild_dead_servers


@pytest.fixture(scope="module")
async def livekit(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveKitServer]:
    log = tmp_path_factory.mktemp("livekit") / "log"
    async with livekit_server(await ensure_binary(), log) as server:
        yield server


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    rebuild_dead_servers(item)
