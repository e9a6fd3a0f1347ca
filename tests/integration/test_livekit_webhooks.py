"""A real livekit-server sends its webhooks to the endpoint."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from livekit import api

from agent.core.job_metadata import room_name_of
from agent.core.settings import EndpointSettings
from agent.demo.livekit_server import LiveKitServer, ensure_binary, free_ports, livekit_server
from agent.token_endpoint.app import create_app
from agent.token_endpoint.supervision.reaper import KNOWN_S
from tests.support.endpoint_process import endpoint_env
from tests.support.livekit_client import LiveKitClient
from tests.support.livekit_token import agent_token, participant_token
from tests.support.process_logs import logged
from tests.support.supervision import publish
from tests.support.waiting import until

ROUND_S = 120.0
"""Longer than this test, so that only a webhook can cause an inspection."""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveKitServer]:
    log = tmp_path / "livekit.log"
    [port] = free_ports(1)
    webhook = f"http://127.0.0.1:{port}/livekit/webhook"
    binary = await ensure_binary()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("agent.token_endpoint.app.PASS_S", ROUND_S)
        async with livekit_server(binary, log, webhook=webhook) as running:
            app = create_app(EndpointSettings.from_env(endpoint_env(running, tmp_path)))
            config = uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None)
            serving = uvicorn.Server(config)
            task = asyncio.create_task(serving.serve())
            try:
                yield running
            finally:
                serving.should_exit = True
                await task


@contextlib.asynccontextmanager
async def room(server: LiveKitServer) -> AsyncIterator[str]:
    name = room_name_of(secrets.token_hex(4))
    async with api.LiveKitAPI(server.url, server.api_key, server.api_secret) as livekit:
        await livekit.room.create_room(api.CreateRoomRequest(name=name, empty_timeout=300))
        yield name
        await livekit.room.delete_room(api.DeleteRoomRequest(room=name))


async def test_webhook_makes_the_reaper_remove_an_avatar_before_the_next_pass(
    server: LiveKitServer, caplog: pytest.LogCaptureFixture
) -> None:
    agent, avatar, trainee, bystander = (
        LiveKitClient(),
        LiveKitClient(),
        LiveKitClient(),
        LiveKitClient(),
    )
    async with room(server) as name:
        await agent.join(server.url, agent_token(server, name))
        await avatar.join(server.url, participant_token(server, name, "avatar", speaks_for="agent"))
        await trainee.join(server.url, participant_token(server, name, "trainee"))
        # A room with an agent or avatar that does not publish is inspected every 5 s anyway.
        await publish(agent)
        await publish(avatar)
        # The reaper must have known the avatar for KNOWN_S: a bystander leaves, which makes the
        # reaper inspect the room.
        await bystander.join(server.url, participant_token(server, name, "bystander"))
        await bystander.leave()
        await asyncio.sleep(KNOWN_S + 1)
        assert avatar.disconnected_at is None
        await agent.leave()
        await until(
            lambda: avatar.disconnected_at is not None,
            ROUND_S / 3,
            "the avatar was left in the room",
        )
        assert trainee.disconnected_at is None
        await trainee.leave()
    await until(lambda: logged(caplog, "avatar_left_behind"), failure="it was not logged")
