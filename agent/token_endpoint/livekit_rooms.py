"""Rooms and dispatches: the only module of the endpoint that calls LiveKit's server API."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NamedTuple

import aiohttp
from livekit import api
from livekit.protocol.agent import JobStatus

from agent.core.errors import LiveKitError
from agent.core.job_metadata import ROOM_PREFIX, JobMetadata, room_name_of
from agent.core.livekit_api import LiveKitServerApi, translate_livekit_errors
from agent.core.settings import EndpointSettings
from agent.room.contract import TOPIC_END
from agent.token_endpoint.metrics import LIVEKIT_ERRORS

EMPTY_TIMEOUT_S = 30
"""How long LiveKit keeps a room that no trainee has joined."""
DEPARTURE_TIMEOUT_S = 30
"""How long LiveKit keeps a room that the trainee has left; longer than RETURN_GRACE_S can be."""
MAX_PARTICIPANTS = 6
"""Trainee, agent and avatar, and the successors of each while the old ones are still listed."""

_CREATE_PAUSE_S = 0.2
"""Before a refused CreateRoom is tried again; then twice as long, within LIVEKIT_TIMEOUT_S."""

_ON_BEHALF = "lk.publish_on_behalf"
"""Participant attribute that marks an avatar; an avatar has the kind `agent` too."""


class Room(NamedTuple):
    """A session's room, as ListRooms shows it.

    livekit-server 1.13.5 updates the counts after a change, at most once every 5 s
    (`roomUpdateInterval` in its pkg/rtc/room.go).
    """

    name: str
    sid: str
    num_participants: int
    """Participants that are neither agents nor avatars nor recorders: the trainee."""
    num_publishers: int
    """Participants of any kind that publish a track."""


@dataclass(frozen=True, kw_only=True)
class Avatar:
    """An avatar in a room."""

    identity: str
    sid: str
    """LiveKit's id of this stay; it changes if the avatar leaves and joins again."""
    orphaned: bool
    """Its agent is not in the room. LiveKit lists a killed agent for about 20 s."""


@dataclass(frozen=True, kw_only=True)
class Participants:
    """Who is in a room."""

    agent: bool
    trainee: bool
    avatars: tuple[Avatar, ...] = ()
    counted: bool = True
    """Each agent and avatar publishes, so that `Room.num_publishers` changes when one leaves."""


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    """A dispatch of our agent to a room."""

    id: str
    has_job: bool
    """A worker accepted it. LiveKit may list a job up to 5 s late."""
    running: bool
    """Its job has not ended, as far as LiveKit knows."""


class LiveKitRooms:
    """The calls that a greeting needs. Every method raises LiveKitError.

    Create it in a running event loop; `aclose` closes its connections.
    """

    def __init__(self, settings: EndpointSettings) -> None:
        self._agent_name = settings.livekit_agent_name
        self.answered_at = -math.inf
        """When LiveKit last answered this replica or another one, by the event loop's clock."""
        self.reached = False
        """LiveKit answered the last call of this process, and accepted its key."""
        self._timeout_s = settings.livekit_timeout_s
        self._livekit = LiveKitServerApi(settings, timeout_s=settings.livekit_timeout_s)

    @property
    def automatic(self) -> bool:
        """LiveKit itself dispatches an agent to each new room (LIVEKIT_AGENT_NAME is empty)."""
        return not self._agent_name

    async def aclose(self) -> None:
        await self._livekit.aclose()

    def note_answer(self, at: float) -> None:
        """Note that LiveKit answered another replica at this time or later."""
        self.answered_at = max(self.answered_at, at)

    @asynccontextmanager
    async def _calling(self, call: str, *, ignore_not_found: bool = False) -> AsyncIterator[None]:
        try:
            with translate_livekit_errors(call, ignore_not_found=ignore_not_found):
                async with asyncio.timeout(self._timeout_s):
                    yield
        except LiveKitError as e:
            LIVEKIT_ERRORS.labels(call, str(e.status or "none")).inc()
            if e.status in (None, 401, 403):
                self.reached = False
            raise
        self.answered_at = asyncio.get_running_loop().time()
        self.reached = True

    async def ensure(self, metadata: JobMetadata) -> str:
        """Create the session's room with one dispatch; do nothing if the room exists.

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
            # LiveKit dispatches itself: only the room's metadata reaches the worker.
            room.metadata = metadata.to_json()
        async with self._calling("CreateRoom"):
            return await self._create(room)

    async def _create(self, room: api.CreateRoomRequest) -> str:
        """Create a room; if LiveKit refuses, try again while the caller can wait.

        The call is idempotent, so a room that was created without an answer is found.
        """
        loop = asyncio.get_running_loop()
        until, pause_s = loop.time() + self._timeout_s, _CREATE_PAUSE_S
        while True:
            try:
                return (await self._livekit.for_all_rooms().create_room(room)).sid
            except api.ServerError as e:
                # LiveKit counts a project's calls in time: it may accept the next one.
                refused = e.status == 429 or e.status >= 500
                if not refused or loop.time() + 2 * pause_s > until:
                    raise
            except aiohttp.ClientConnectionError:
                if loop.time() + 2 * pause_s > until:
                    raise
            await asyncio.sleep(pause_s)
            pause_s *= 2

    async def sid(self, room_name: str) -> str | None:
        """Return the sid of a room; None if there is no such room."""
        async with self._calling("ListRooms"):
            found = await self._livekit.for_all_rooms().list_rooms(
                api.ListRoomsRequest(names=[room_name])
            )
        return next((room.sid for room in found.rooms if room.name == room_name), None)

    async def list_rooms(self) -> list[Room]:
        """List the rooms of all training sessions."""
        async with self._calling("ListRooms"):
            found = await self._livekit.for_all_rooms().list_rooms(api.ListRoomsRequest())
        return [
            Room(
                name=room.name,
                sid=room.sid,
                num_participants=room.num_participants,
                num_publishers=room.num_publishers,
            )
            for room in found.rooms
            if room.name.startswith(ROOM_PREFIX)
        ]

    async def ping(self) -> None:
        """Check that LiveKit answers; `answered_at` changes if it does."""
        await self.sid(ROOM_PREFIX)

    async def end(self, room_name: str) -> None:
        """Delete a room and disconnect everyone in it; do nothing if there is no such room.

        Do not call it while the room is being deleted. livekit-server 1.13.5 opens a room before it
        deletes it. If the room has just been closed, it thus dispatches the agent of CreateRoom
        again (`RoomService.DeleteRoom` in its pkg/service/roomservice.go).
        """
        async with self._calling("DeleteRoom", ignore_not_found=True):
            await self._livekit.room.delete_room(api.DeleteRoomRequest(room=room_name))

    async def ask_agent_to_end(self, room_name: str, reason: str) -> None:
        """Ask the agent in an existing room to end the greeting; it closes the room."""
        async with self._calling("SendData", ignore_not_found=True):
            await self._livekit.room.send_data(
                api.SendDataRequest(
                    room=room_name,
                    topic=TOPIC_END,
                    data=reason.encode(),
                    kind=api.DataPacket.Kind.RELIABLE,
                )
            )

    async def participants(self, room_name: str) -> Participants:
        """Return who is in a room; a room that does not exist is empty."""
        async with self._calling("ListParticipants"):
            found = await self._livekit.room.list_participants(
                api.ListParticipantsRequest(room=room_name)
            )
        here = [p for p in found.participants if p.state != api.ParticipantInfo.State.DISCONNECTED]
        of_kind_agent = [p for p in here if p.kind == api.ParticipantInfo.Kind.AGENT]
        agents = {p.identity for p in of_kind_agent if _ON_BEHALF not in p.attributes}
        return Participants(
            agent=bool(agents),
            trainee=any(p.kind == api.ParticipantInfo.Kind.STANDARD for p in here),
            avatars=tuple(
                Avatar(
                    identity=p.identity,
                    sid=p.sid,
                    orphaned=p.attributes[_ON_BEHALF] not in agents,
                )
                for p in of_kind_agent
                if _ON_BEHALF in p.attributes
            ),
            counted=all(p.is_publisher for p in of_kind_agent),
        )

    async def remove(self, room_name: str, identity: str) -> None:
        """Remove a participant; do nothing if the participant or the room is gone."""
        async with self._calling("RemoveParticipant", ignore_not_found=True):
            await self._livekit.room.remove_participant(
                api.RoomParticipantIdentity(room=room_name, identity=identity)
            )

    async def dispatches(self, room_name: str) -> list[Dispatch]:
        """List the dispatches of an existing room. For a missing room LiveKit answers 503."""
        async with self._calling("ListDispatch"):
            found = await self._livekit.agent_dispatch.list_dispatch(room_name)
        return [
            Dispatch(
                id=dispatch.id,
                has_job=bool(dispatch.state.jobs),
                running=any(
                    job.state.status in (JobStatus.JS_PENDING, JobStatus.JS_RUNNING)
                    for job in dispatch.state.jobs
                ),
            )
            for dispatch in found
            # LiveKit lists a default dispatch with an empty agent name for each room: not ours,
            # unless LiveKit dispatches itself.
            if dispatch.agent_name == self._agent_name
        ]

    async def dispatch(self, room_name: str, job_metadata: str) -> None:
        """Dispatch another agent. LiveKit creates the room if it does not exist."""
        request = api.CreateAgentDispatchRequest(
            agent_name=self._agent_name, room=room_name, metadata=job_metadata
        )
        async with self._calling("CreateDispatch"):
            await self._livekit.agent_dispatch.create_dispatch(request)

    async def delete_dispatch(self, room_name: str, dispatch_id: str) -> None:
        """Delete a dispatch and end its job, even a job that is not listed yet."""
        async with self._calling("DeleteDispatch", ignore_not_found=True):
            await self._livekit.agent_dispatch.delete_dispatch(dispatch_id, room_name)
