"""Rooms and dispatches: the endpoint's only module that knows LiveKit's server API.

It holds no state but the HTTP connection: LiveKit knows which rooms there are and who is in them.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from livekit import api
from livekit.protocol.agent import JobStatus

from agent.core.errors import LiveKitError
from agent.core.job_metadata import ROOM_PREFIX, JobMetadata, room_name_of
from agent.core.livekit_errors import translate_livekit_errors
from agent.core.settings import EndpointSettings
from agent.token_endpoint.metrics import LIVEKIT_ERRORS

EMPTY_TIMEOUT_S = 30
"""How long LiveKit keeps a room that no trainee has entered."""
DEPARTURE_TIMEOUT_S = 30
"""How long it keeps one they have left: longer than the worker waits for them to come back."""
MAX_PARTICIPANTS = 6
"""Trainee, greeter and avatar, and the successors of each while the old ones still leave."""

JOB_LISTED_S = 6.0
"""When a dispatch without a job really has none: LiveKit asks its workers for 5 s, then lists."""

_ON_BEHALF = "lk.publish_on_behalf"
"""LiveKit's mark of an avatar, which is of kind `agent` too."""


@dataclass(frozen=True, kw_only=True)
class Avatar:
    """One avatar in a room."""

    identity: str
    seat: str
    """LiveKit's sid of this stay: another one where the avatar has come back."""
    orphaned: bool
    """The greeter it speaks for is not in the room. Beware: LiveKit shows a dead one for 20 s."""


@dataclass(frozen=True, kw_only=True)
class Present:
    """Who is in a room."""

    greeter: bool
    trainee: bool
    avatars: tuple[Avatar, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    """One request for a greeter."""

    id: str
    has_job: bool
    """Somebody took it. Beware: LiveKit may list a job up to JOB_LISTED_S after it began."""
    at_work: bool
    """Its job has not ended."""


class LiveKitRooms:
    """LiveKit's rooms, as far as a greeting needs them. Every method raises LiveKitError."""

    def __init__(self, settings: EndpointSettings) -> None:
        """Needs a running event loop; `aclose` lets go of the connections."""
        self._agent_name = settings.livekit_agent_name
        self.answered_at = -math.inf
        """When LiveKit last answered, by the event loop's clock."""
        self._timeout_s = settings.livekit_timeout_s
        self._livekit = api.LiveKitAPI(
            settings.livekit_url,
            settings.livekit_api_key,
            settings.livekit_api_secret.get_secret_value(),
            timeout=aiohttp.ClientTimeout(total=settings.livekit_timeout_s),
        )

    @property
    def automatic(self) -> bool:
        """LiveKit dispatches to every new room by itself."""
        return not self._agent_name

    async def aclose(self) -> None:
        await self._livekit.aclose()

    @asynccontextmanager
    async def _asking(self, what: str, *, ignore_not_found: bool = False) -> AsyncIterator[None]:
        try:
            with translate_livekit_errors(what, ignore_not_found=ignore_not_found):
                async with asyncio.timeout(self._timeout_s):
                    yield
        except LiveKitError as e:
            LIVEKIT_ERRORS.labels(what, str(e.status or "none")).inc()
            raise
        self.answered_at = asyncio.get_running_loop().time()

    async def ensure(self, metadata: JobMetadata) -> str:
        """The session's room and, with it, its one dispatch; asked again it changes nothing.

        Returns:
            The room's sid.
        """
        room = api.CreateRoomRequest(
            name=room_name_of(metadata.session_id),
            empty_timeout=EMPTY_TIMEOUT_S,
            departure_timeout=DEPARTURE_TIMEOUT_S,
            max_participants=MAX_PARTICIPANTS,
        )
        if self._agent_name:
            room.agents.append(
                api.RoomAgentDispatch(agent_name=self._agent_name, metadata=metadata.to_json())
            )
        else:
            # LiveKit dispatches by itself: room metadata is all that reaches the worker.
            room.metadata = metadata.to_json()
        async with self._asking("CreateRoom"):
            return (await self._livekit.room.create_room(room)).sid

    async def sid(self, room_name: str) -> str | None:
        """The sid of a room that is there now; None where there is none."""
        async with self._asking("ListRooms"):
            found = await self._livekit.room.list_rooms(api.ListRoomsRequest(names=[room_name]))
        return next((room.sid for room in found.rooms if room.name == room_name), None)

    async def ours(self) -> dict[str, str]:
        """The rooms of training sessions that are there now: name and sid."""
        async with self._asking("ListRooms"):
            found = await self._livekit.room.list_rooms(api.ListRoomsRequest())
        return {room.name: room.sid for room in found.rooms if room.name.startswith(ROOM_PREFIX)}

    async def end(self, room_name: str) -> None:
        """Close a room: everybody in it is disconnected. Harmless where there is none."""
        async with self._asking("DeleteRoom", ignore_not_found=True):
            await self._livekit.room.delete_room(api.DeleteRoomRequest(room=room_name))

    async def present(self, room_name: str) -> Present:
        """Who is in a room; nobody where there is none."""
        async with self._asking("ListParticipants"):
            found = await self._livekit.room.list_participants(
                api.ListParticipantsRequest(room=room_name)
            )
        here = [p for p in found.participants if p.state != api.ParticipantInfo.State.DISCONNECTED]
        agents = [p for p in here if p.kind == api.ParticipantInfo.Kind.AGENT]
        greeters = {p.identity for p in agents if _ON_BEHALF not in p.attributes}
        return Present(
            greeter=bool(greeters),
            trainee=any(p.kind == api.ParticipantInfo.Kind.STANDARD for p in here),
            avatars=tuple(
                Avatar(
                    identity=p.identity,
                    seat=p.sid,
                    orphaned=p.attributes[_ON_BEHALF] not in greeters,
                )
                for p in agents
                if _ON_BEHALF in p.attributes
            ),
        )

    async def remove(self, room_name: str, identity: str) -> None:
        """Remove a participant; harmless where they, or the room, are gone."""
        async with self._asking("RemoveParticipant", ignore_not_found=True):
            await self._livekit.room.remove_participant(
                api.RoomParticipantIdentity(room=room_name, identity=identity)
            )

    async def dispatches(self, room_name: str) -> list[Dispatch]:
        """The dispatches of a room that is there; of a missing one LiveKit answers in 3 s, 503."""
        async with self._asking("ListDispatch"):
            found = await self._livekit.agent_dispatch.list_dispatch(room_name)
        return [
            Dispatch(
                id=dispatch.id,
                has_job=bool(dispatch.state.jobs),
                at_work=any(
                    job.state.status in (JobStatus.JS_PENDING, JobStatus.JS_RUNNING)
                    for job in dispatch.state.jobs
                ),
            )
            for dispatch in found
            # Also "": with every room LiveKit lists a default dispatch, which is not ours.
            if dispatch.agent_name == self._agent_name
        ]

    async def dispatch(self, metadata: JobMetadata) -> None:
        """Send for one more greeter. Beware: it creates a room that is missing."""
        room_name = room_name_of(metadata.session_id)
        request = api.CreateAgentDispatchRequest(
            agent_name=self._agent_name, room=room_name, metadata=metadata.to_json()
        )
        async with self._asking("CreateDispatch"):
            await self._livekit.agent_dispatch.create_dispatch(request)

    async def undispatch(self, room_name: str, dispatch_id: str) -> None:
        """Take back a dispatch and end its job, even one not listed yet. Harmless where gone."""
        async with self._asking("DeleteDispatch", ignore_not_found=True):
            await self._livekit.agent_dispatch.delete_dispatch(dispatch_id, room_name)
