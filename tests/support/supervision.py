"""Rooms on a real livekit-server, and the token endpoint's supervisor without the endpoint."""

from __future__ import annotations

import contextlib
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from livekit import api, rtc

from agent.core.job_metadata import room_name_of
from agent.core.settings import EndpointSettings
from agent.demo.livekit_server import LiveKitServer
from agent.store import SqliteStore, Store
from agent.token_endpoint.greetings import Greetings
from agent.token_endpoint.livekit_rooms import LiveKitRooms
from agent.token_endpoint.supervision.dispatches import DispatchSupervisor
from agent.token_endpoint.supervision.reaper import Reaper
from agent.token_endpoint.supervision.supervisor import PASS_S, Supervisor
from tests.support.endpoint_process import endpoint_env
from tests.support.livekit_client import LiveKitClient
from tests.support.livekit_token import agent_token, participant_token


class CountingRooms(LiveKitRooms):
    """Counts its calls to LiveKit's API by their names."""

    def __init__(self, settings: EndpointSettings, calls: Counter[str]) -> None:
        super().__init__(settings)
        self._calls = calls

    @contextlib.asynccontextmanager
    async def _calling(self, call: str, *, ignore_not_found: bool = False) -> AsyncIterator[None]:
        self._calls[call] += 1
        async with super()._calling(call, ignore_not_found=ignore_not_found):
            yield


@contextlib.asynccontextmanager
async def supervisor(
    settings: EndpointSettings,
    calls: Counter[str] | None = None,
    *,
    pass_s: float = PASS_S,
) -> AsyncIterator[Store]:
    """Run one replica's supervisor; yield its store."""
    store = SqliteStore(settings.state_dir / "store.sqlite3")
    rooms = CountingRooms(settings, Counter() if calls is None else calls)
    greetings = Greetings(rooms, store, dispatch_check_s=3)
    try:
        async with Supervisor(
            rooms,
            store,
            DispatchSupervisor(rooms, store, 3),
            Reaper(rooms, greetings, store),
            pass_s=pass_s,
        ):
            yield store
    finally:
        await rooms.aclose()
        await store.aclose()


async def publish(client: LiveKitClient) -> None:
    """Publish a silent microphone."""
    track = rtc.LocalAudioTrack.create_audio_track("microphone", rtc.AudioSource(16_000, 1))
    await client.room.local_participant.publish_track(track)


@dataclass
class Rig:
    """A LiveKit server without workers, and the clients in its rooms."""

    server: LiveKitServer
    livekit: api.LiveKitAPI
    settings: EndpointSettings
    clients: list[LiveKitClient] = field(default_factory=list)

    async def room(self) -> str:
        name = room_name_of(secrets.token_hex(4))
        await self.livekit.room.create_room(
            api.CreateRoomRequest(name=name, empty_timeout=300, departure_timeout=300)
        )
        return name

    async def join(self, token: str) -> LiveKitClient:
        client = LiveKitClient()
        self.clients.append(client)
        await client.join(self.server.url, token)
        return client

    async def greeting(
        self, room: str, *, publishing: bool = True
    ) -> tuple[LiveKitClient, LiveKitClient, LiveKitClient]:
        """Let agent, avatar and trainee join."""
        agent = await self.join(agent_token(self.server, room))
        avatar = await self.join(participant_token(self.server, room, "avatar", speaks_for="agent"))
        if publishing:
            await publish(agent)
            await publish(avatar)
        return agent, avatar, await self.join(participant_token(self.server, room, "trainee"))

    async def there(self, room: str) -> bool:
        found = await self.livekit.room.list_rooms(api.ListRoomsRequest(names=[room]))
        return bool(found.rooms)


@contextlib.asynccontextmanager
async def open_rig(server: LiveKitServer, state: Path) -> AsyncIterator[Rig]:
    """Open a rig; at the end its clients leave and all rooms are deleted."""
    settings = EndpointSettings.from_env(endpoint_env(server, state))
    async with api.LiveKitAPI(server.url, server.api_key, server.api_secret) as livekit:
        rig = Rig(server, livekit, settings)
        yield rig
        for client in rig.clients:
            await client.leave()
        for room in (await livekit.room.list_rooms(api.ListRoomsRequest())).rooms:
            await livekit.room.delete_room(api.DeleteRoomRequest(room=room.name))
