"""A livekit-server for the modules that start token endpoints and workers of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from agent.demo.livekit_server import LiveKitServer, ensure_binary, livekit_server


@pytest.fixture(scope="module")
async def livekit(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveKitServer]:
    log = tmp_path_factory.mktemp("livekit") / "log"
    async with livekit_server(await ensure_binary(), log) as server:
        yield server


@pytest.fixture(autouse=True)
def livekit_runs(request: pytest.FixtureRequest) -> None:
    """Fail at once if the module's server has died: what the module has started depends on it."""
    if "livekit" in request.fixturenames:
        process = request.getfixturevalue("livekit").process
        assert process.returncode is None, "the module's livekit-server has died"
