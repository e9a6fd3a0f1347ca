"""Further workers, in addition to the one of the shared product."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from livekit import api

from agent.core.job_metadata import JobMetadata, room_name_of
from agent.demo.livekit_server import LiveKitServer, free_ports
from agent.demo.processes import child, wait_until_ready
from tests.support.livekit_client import LiveKitClient
from tests.support.livekit_token import trainee_token
from tests.support.product import Product

_READY_TIMEOUT_S = 120.0
_MAX_JOBS = "2"
"""The worker keeps so many processes warm."""


@dataclass(frozen=True)
class ExtraWorker:
    """A worker that has registered."""

    process: asyncio.subprocess.Process
    url: str
    """The address of its health server."""
    log: Path


@contextlib.asynccontextmanager
async def extra_worker(
    environment: Mapping[str, str], log: Path, **settings: str
) -> AsyncIterator[ExtraWorker]:
    """Run a worker with a health port of its own until the block ends.

    Args:
        environment: usually that of the shared product.
        log: the file that takes the worker's output.
        settings: environment variables that differ, such as LIVEKIT_AGENT_NAME.
    """
    [health] = free_ports(1)
    url = f"http://127.0.0.1:{health}"
    env = {**environment, "AGENT_HTTP_PORT": str(health), "MAX_JOBS": _MAX_JOBS, **settings}
    async with child("agent", "start", env=env, log=log) as process:
        await wait_until_ready(log.stem, f"{url}/readyz", process, log, _READY_TIMEOUT_S)
        yield ExtraWorker(process, url, log)


def settings_of(server: LiveKitServer) -> dict[str, str]:
    """Return the settings with which our processes use a LiveKit server."""
    return {
        "LIVEKIT_URL": server.url,
        "LIVEKIT_API_KEY": server.api_key,
        "LIVEKIT_API_SECRET": server.api_secret,
    }


async def join_room_of(product: Product, agent_name: str, metadata: JobMetadata) -> LiveKitClient:
    """Create the session's room with one dispatch for these workers, and join it as trainee."""
    livekit, room = product.stage.livekit, room_name_of(metadata.session_id)
    assert livekit is not None
    dispatch = api.RoomAgentDispatch(agent_name=agent_name, metadata=metadata.to_json())
    await product.livekit.room.create_room(api.CreateRoomRequest(name=room, agents=[dispatch]))
    token = trainee_token(livekit, room, name=metadata.trainee.name)
    return await product.join(livekit.url, token)
