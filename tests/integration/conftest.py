"""A livekit-server for the modules that start token endpoints and workers of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from livekit import api

from agent.core.job_metadata import PROBE_ROOM_PREFIX
from agent.demo.livekit_server import LiveKitServer, ensure_binary, livekit_server
from tests.support.module_servers import rebuild_dead_servers
from tests.support.product import Product
from tests.support.waiting import until_answer

_PROBE_LISTED_S = 15.0
"""LiveKit lists a deleted room for some time."""


@pytest.fixture(scope="module")
async def livekit(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveKitServer]:
    log = tmp_path_factory.mktemp("livekit") / "log"
    async with livekit_server(await ensure_binary(), log) as server:
        yield server


@pytest.fixture
async def no_probe_left(product: Product) -> AsyncIterator[None]:
    """Fail if `doctor` leaves a room behind or starts an avatar."""
    yield

    async def probes() -> list[str]:
        rooms = (await product.livekit.room.list_rooms(api.ListRoomsRequest())).rooms
        return [room.name for room in rooms if room.name.startswith(PROBE_ROOM_PREFIX)]

    # Sooner than LiveKit deletes an empty one by itself.
    await until_answer(probes, lambda names: not names, _PROBE_LISTED_S)
    greeted = [session["room"] for session in await product.providers.sessions()]
    # An agent of an earlier test may just have requested its avatar.
    assert [name for name in greeted if name.startswith(PROBE_ROOM_PREFIX)] == []


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    rebuild_dead_servers(item)
