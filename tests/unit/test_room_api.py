"""The worker's calls to LiveKit's server about one room."""

from __future__ import annotations

import pytest
from livekit import api

from agent.room.room_api import RoomApi
from tests.support.process_logs import logged


async def test_room_that_cannot_be_deleted_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    async with api.LiveKitAPI("http://127.0.0.1:9", "key", "secret" * 8) as nothing_listens:
        assert await RoomApi("room", nothing_listens).delete()
    [line] = logged(caplog, "room_not_deleted")
    assert "DeleteRoom: LiveKit was not reached" in line["error"]
