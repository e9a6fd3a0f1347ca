"""Probe: a room in which nobody is greeted, to see who would come if somebody were.

LiveKit tells nobody which workers there are. A dispatch for our agent name tells: the worker
answers for a room of this name and takes no job (`GreetingServer._accept`), and LiveKit notes who
answered. With no worker it notes nothing. The room is deleted at once. Other products' workers are
not sent to it: a room made with dispatches has no others (not so where our agent name is empty).
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from google.protobuf.message import DecodeError
from livekit import api
from livekit.protocol import rtc as signal
from livekit.protocol.agent import JobStatus

from agent.cli.doctor.answer import CALL_S, Caller, NoAnswer, shown, translated
from agent.cli.doctor.livekit import http_form
from agent.core.errors import LiveKitError
from agent.core.job_metadata import PROBE_ROOM_PREFIX
from agent.core.livekit_errors import translate_livekit_errors
from agent.core.settings import WorkerSettings

_CALLS = 3
"""Dispatches in one room: LiveKit chooses among workers by chance, and several show."""
_NOBODY_S = 6.5
"""LiveKit asks its workers for 5 s before it gives up a dispatch."""
_MORE_S = 0.6
"""After the first answer, for the others."""
_EVERY_S = 0.25
_LAST_S = 2.0


@dataclass(frozen=True, kw_only=True)
class Called:
    """Who answered."""

    workers: frozenset[str] = frozenset()
    """LiveKit's ids of the workers that answered as ours do."""
    strangers: bool = False
    """Something took the job: it is no worker of this release."""


class ProbeRoom:
    """A room made for this, with the dispatches in it."""

    def __init__(self, livekit: api.LiveKitAPI, settings: WorkerSettings) -> None:
        self._livekit, self._settings = livekit, settings
        self.name = PROBE_ROOM_PREFIX + secrets.token_hex(6)

    async def called(self) -> Called:
        """Wait until somebody has answered, or nobody will.

        Raises:
            LiveKitError: LiveKit refused or was lost meanwhile.
        """
        until = time.monotonic() + _NOBODY_S
        found = Called()
        while time.monotonic() < until:
            await asyncio.sleep(_EVERY_S)
            now = await self._look()
            if (now.workers or now.strangers) and not (found.workers or found.strangers):
                until = min(until, time.monotonic() + _MORE_S)
            found = now
            if found.strangers:
                break  # before it has paid for anything
        return found

    async def _look(self) -> Called:
        with translate_livekit_errors("ListDispatch"):
            dispatches = await self._livekit.agent_dispatch.list_dispatch(self.name)
        ours = self._settings.livekit_agent_name
        workers: set[str] = set()
        strangers = False
        jobs = [job for d in dispatches if d.agent_name == ours for job in d.state.jobs]
        for job in jobs:
            ended = job.state.status in (JobStatus.JS_SUCCESS, JobStatus.JS_FAILED)
            if ended and not job.state.participant_identity:
                workers.add(job.state.worker_id or job.id)
            else:
                strangers = True
        return Called(workers=frozenset(workers), strangers=strangers)

    async def join(self, url: str, caller: Caller) -> str:
        """Open the WebSocket that browsers, workers and avatars open, and leave again.

        Returns:
            The version the server says it has; empty where it does not.

        Raises:
            NoAnswer: it could not be opened.
        """
        token = (
            api.AccessToken(
                self._settings.livekit_api_key, self._settings.livekit_api_secret.get_secret_value()
            )
            .with_identity(f"doctor-{secrets.token_hex(4)}")
            .with_ttl(datetime.timedelta(minutes=1))
            .with_grants(
                api.VideoGrants(
                    room_join=True,
                    room=self.name,
                    hidden=True,
                    can_publish=False,
                    can_subscribe=False,
                )
            )
            .to_jwt()
        )
        address = http_form(url) + "/rtc?auto_subscribe=0&sdk=python&protocol=15"
        headers = {"Authorization": f"Bearer {token}"}
        with translated(url):
            try:
                async with (
                    asyncio.timeout(CALL_S),
                    caller.http.ws_connect(address, headers=headers) as socket,
                ):
                    message = await socket.receive()
            except aiohttp.WSServerHandshakeError as e:
                raise NoAnswer(
                    f"{shown(url)} does not open a WebSocket (HTTP {e.status})",
                    "a proxy in front of LiveKit must pass WebSocket upgrades of /rtc and /agent",
                ) from None
        if message.type != aiohttp.WSMsgType.BINARY:
            raise NoAnswer(
                f"{shown(url)} closes the WebSocket at once", "look at LiveKit's log for why"
            )
        with contextlib.suppress(DecodeError):
            return signal.SignalResponse.FromString(message.data).join.server_info.version
        return ""


@asynccontextmanager
async def probe_room(settings: WorkerSettings) -> AsyncIterator[ProbeRoom]:
    """A room that is there until the block ends.

    Raises:
        LiveKitError: it could not be made.
    """
    async with api.LiveKitAPI(
        settings.livekit_url,
        settings.livekit_api_key,
        settings.livekit_api_secret.get_secret_value(),
        timeout=aiohttp.ClientTimeout(total=CALL_S),
    ) as livekit:
        room = ProbeRoom(livekit, settings)
        name = settings.livekit_agent_name
        calls = [api.RoomAgentDispatch(agent_name=name)] * (_CALLS if name else 0)
        try:
            with translate_livekit_errors("CreateRoom"):
                await livekit.room.create_room(
                    api.CreateRoomRequest(
                        # Should this process die now, LiveKit takes it away.
                        name=room.name,
                        empty_timeout=20,
                        departure_timeout=20,
                        agents=calls,
                    )
                )
            yield room
        finally:
            with contextlib.suppress(LiveKitError, TimeoutError):
                async with asyncio.timeout(_LAST_S):
                    with translate_livekit_errors("DeleteRoom"):
                        await livekit.room.delete_room(api.DeleteRoomRequest(room=room.name))
