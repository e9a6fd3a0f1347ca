"""Probe room: a temporary room without a trainee, to find out which workers answer a dispatch.

LiveKit has no list of workers. A dispatch to our agent name shows them: a worker answers it for a
room with this prefix without taking the job (`_on_request` in `agent.worker.server`), and LiveKit
stores which worker answered. Without a worker, nothing is stored. The room is deleted at once.
Workers of other products are not asked, because a room created with dispatches gets no other
dispatch, except if LIVEKIT_AGENT_NAME is empty.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from google.protobuf.message import DecodeError
from livekit import api
from livekit.protocol import rtc as signal
from livekit.protocol.agent import JobStatus
from livekit.protocol.models import ServerInfo

from agent.cli.doctor.http_client import (
    REQUEST_TIMEOUT_S,
    HttpClient,
    NoResponse,
    host_and_port,
    https_url,
)
from agent.core.errors import LiveKitError
from agent.core.job_metadata import PROBE_ROOM_PREFIX
from agent.core.livekit_api import LiveKitServerApi, signed_token, translate_livekit_errors
from agent.core.settings import WorkerSettings

_DISPATCHES = 3
"""In one room: LiveKit selects a worker at random, so several dispatches show several workers."""
_NO_WORKER_S = 6.5
"""LiveKit offers a dispatch to workers for 5 s before it gives up."""
_MORE_S = 0.6
"""Wait this long for other workers after the first one answered."""
_POLL_S = 0.25
_DELETE_TIMEOUT_S = 2.0
_ENDED = (JobStatus.JS_SUCCESS, JobStatus.JS_FAILED)


class ProbeRoom:
    """The temporary room, with its dispatches."""

    def __init__(self, livekit: api.LiveKitAPI, settings: WorkerSettings) -> None:
        self._livekit, self._settings = livekit, settings
        self.name = PROBE_ROOM_PREFIX + secrets.token_hex(6)

    async def answers(self) -> dict[str, bool]:
        """Wait until workers have answered, or none will.

        Returns:
            LiveKit's id of each worker that answered, and whether it took the job. Ours do not: a
            worker that does is of another product or release.

        Raises:
            LiveKitError: LiveKit refused a request or did not respond.
        """
        until = time.monotonic() + _NO_WORKER_S
        found: dict[str, bool] = {}
        while time.monotonic() < until and not any(found.values()):
            await asyncio.sleep(_POLL_S)
            with translate_livekit_errors("ListDispatch"):
                dispatches = await self._livekit.agent_dispatch.list_dispatch(self.name)
            ours = [d for d in dispatches if d.agent_name == self._settings.livekit_agent_name]
            answered = {
                job.state.worker_id or job.id: job.state.status not in _ENDED
                or bool(job.state.participant_identity)
                for dispatch in ours
                for job in dispatch.state.jobs
            }
            if answered and not found:
                until = min(until, time.monotonic() + _MORE_S)
            found |= answered
        return found

    async def join(self, url: str, http: HttpClient) -> ServerInfo:
        """Open the WebSocket that browsers and avatars open, and leave again.

        Returns:
            The server's version and edition; empty if it does not say.

        Raises:
            NoResponse: the WebSocket could not be opened.
        """
        grants = api.VideoGrants(
            room_join=True, room=self.name, hidden=True, can_publish=False, can_subscribe=False
        )
        identity = f"doctor-{secrets.token_hex(4)}"
        token = signed_token(self._settings, grants, ttl_s=60, identity=identity)
        address = https_url(url) + "/rtc?auto_subscribe=0&sdk=python&protocol=15"
        async with http.web_socket(address, {"Authorization": f"Bearer {token}"}) as socket:
            message = await socket.receive()
        if message.type != aiohttp.WSMsgType.BINARY:
            raise NoResponse(
                f"{host_and_port(url)} closes the WebSocket at once",
                "check LiveKit's log for the reason",
            )
        with contextlib.suppress(DecodeError):
            return signal.SignalResponse.FromString(message.data).join.server_info
        return ServerInfo()


@asynccontextmanager
async def probe_room(settings: WorkerSettings) -> AsyncIterator[ProbeRoom]:
    """Create the room, and delete it at the end of the block.

    Raises:
        LiveKitError: the room could not be created.
    """
    async with LiveKitServerApi(settings, timeout_s=REQUEST_TIMEOUT_S) as livekit:
        room = ProbeRoom(livekit, settings)
        name = settings.livekit_agent_name
        dispatches = [api.RoomAgentDispatch(agent_name=name)] * (_DISPATCHES if name else 0)
        try:
            with translate_livekit_errors("CreateRoom"):
                await livekit.room.create_room(
                    api.CreateRoomRequest(
                        # If this process dies now, LiveKit deletes the room itself.
                        name=room.name,
                        empty_timeout=20,
                        departure_timeout=20,
                        agents=dispatches,
                    )
                )
            yield room
        finally:
            with contextlib.suppress(LiveKitError, TimeoutError):
                async with asyncio.timeout(_DELETE_TIMEOUT_S):
                    with translate_livekit_errors("DeleteRoom"):
                        await livekit.room.delete_room(api.DeleteRoomRequest(room=room.name))
