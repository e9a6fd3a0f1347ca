"""CreateRoom is tried again while the caller can wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from livekit import api

from agent.core.errors import LiveKitError
from agent.core.job_metadata import JobMetadata
from agent.core.settings import EndpointSettings
from agent.token_endpoint.livekit_rooms import LiveKitRooms
from tests.support.environments import ENDPOINT


class LiveKit:
    """Answers with these statuses, one after another; the last one again and again."""

    def __init__(self, statuses: list[int]) -> None:
        self.statuses = statuses
        self.tokens: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.tokens.append(request.headers["Authorization"].removeprefix("Bearer "))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if status != 200:
            return web.json_response({"code": "unavailable", "msg": "later"}, status=status)
        made = api.Room(sid="RM_1") if "CreateRoom" in request.path else api.ListRoomsResponse()
        return web.Response(body=made.SerializeToString(), content_type="application/protobuf")


@asynccontextmanager
async def rooms_of(livekit: LiveKit, **settings: str) -> AsyncIterator[LiveKitRooms]:
    app = web.Application()
    app.router.add_post("/twirp/{call:.*}", livekit.answer)
    async with TestServer(app) as server:
        url = str(server.make_url("")).replace("http", "ws", 1)
        rooms = LiveKitRooms(
            EndpointSettings.from_env({**ENDPOINT, "LIVEKIT_URL": url, **settings})
        )
        yield rooms
        await rooms.aclose()


@pytest.mark.parametrize("refused", [429, 500, 503])
async def test_refused_create_room_is_tried_again(refused: int) -> None:
    livekit = LiveKit([refused, refused, 200])
    async with rooms_of(livekit) as rooms:
        assert await rooms.ensure(JobMetadata(session_id="7")) == "RM_1"
    assert len(livekit.tokens) == 3


async def test_create_room_gives_up_within_the_timeout() -> None:
    livekit = LiveKit([503])
    async with rooms_of(livekit, LIVEKIT_TIMEOUT_S="1") as rooms:
        began_at = asyncio.get_running_loop().time()
        with pytest.raises(LiveKitError) as error:
            await rooms.ensure(JobMetadata(session_id="7"))
        assert asyncio.get_running_loop().time() - began_at < 1
    assert error.value.status == 503
    assert len(livekit.tokens) >= 2


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_create_room_that_can_never_succeed_is_not_tried_again(status: int) -> None:
    livekit = LiveKit([status])
    async with rooms_of(livekit) as rooms:
        with pytest.raises(LiveKitError):
            await rooms.ensure(JobMetadata(session_id="7"))
    assert len(livekit.tokens) == 1


async def test_calls_for_all_rooms_share_a_token() -> None:
    livekit = LiveKit([200])
    async with rooms_of(livekit) as rooms:
        await rooms.ensure(JobMetadata(session_id="7"))
        await rooms.list_rooms()
    first, second = livekit.tokens
    assert first == second
    claims = jwt.decode(first, options={"verify_signature": False})
    assert 60 < claims["exp"] - claims["nbf"] <= 600
    granted = {name for name, value in claims["video"].items() if value is True}
    assert {"roomCreate", "roomList"} <= granted
    assert not granted & {"roomAdmin", "roomJoin", "roomRecord"}
