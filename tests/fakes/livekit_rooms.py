"""A LiveKit server API in memory, with the interface of `LiveKitRooms`. It counts its calls."""

from __future__ import annotations

import asyncio
import itertools
import math
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import cast

from agent.core.errors import LiveKitError
from agent.core.job_metadata import JobMetadata, room_name_of
from agent.token_endpoint.livekit_rooms import (
    Avatar,
    Dispatch,
    LiveKitRooms,
    Participants,
    Room,
)


@dataclass
class FakeRoom:
    """One room. By default agents and avatars publish, as those of the product do."""

    name: str
    sid: str
    agent: bool = False
    trainee: bool = False
    avatars: tuple[Avatar, ...] = ()
    publishing: bool = True
    dispatches: list[Dispatch] = field(default_factory=list)

    def add_avatar(self, identity: str = "avatar", sid: str = "PA_1") -> None:
        self.avatars += (Avatar(identity=identity, sid=sid, orphaned=not self.agent),)

    def participants(self) -> Participants:
        return Participants(
            agent=self.agent,
            trainee=self.trainee,
            avatars=tuple(replace(a, orphaned=not self.agent) for a in self.avatars),
            counted=self.publishing,
        )

    def listed(self) -> Room:
        publishers = (self.agent + len(self.avatars)) * self.publishing
        return Room(
            name=self.name,
            sid=self.sid,
            num_participants=int(self.trainee),
            num_publishers=int(publishers),
        )


class FakeLiveKit:
    """A fake of LiveKit's API. `calls` counts its calls by name."""

    automatic = False

    def __init__(self) -> None:
        self.rooms: dict[str, FakeRoom] = {}
        self.calls: Counter[str] = Counter()
        self.answered_at = -math.inf
        self.reached = False
        self.status: int | None = 200
        """The HTTP status of the next answers; None: not reached."""
        self.dispatched: list[str] = []
        """Names of rooms that an agent was dispatched to, without CreateRoom's own dispatch."""
        self.job_metadata: list[str] = []
        """Of all dispatches."""
        self.called = asyncio.Condition()
        self._room_ids = itertools.count(1)
        self._ids = itertools.count(1)

    def as_rooms(self) -> LiveKitRooms:
        return cast(LiveKitRooms, self)

    @property
    def total(self) -> int:
        return self.calls.total()

    def room(self, session_id: str) -> FakeRoom:
        """The room of a session; it must exist."""
        return self.rooms[room_name_of(session_id)]

    def open(self, session_id: str) -> FakeRoom:
        """Add a room, as a participant that joins does."""
        name = room_name_of(session_id)
        self.rooms[name] = FakeRoom(name, f"RM_{next(self._room_ids)}")
        return self.rooms[name]

    def close(self, session_id: str) -> None:
        self.rooms.pop(room_name_of(session_id), None)

    async def wait_for_calls(self, call: str, count: int = 1, timeout_s: float = 30) -> None:
        """Wait for this many further calls of one kind."""
        goal = self.calls[call] + count
        async with asyncio.timeout(timeout_s), self.called:
            await self.called.wait_for(lambda: self.calls[call] >= goal)

    def note_answer(self, at: float) -> None:
        self.answered_at = max(self.answered_at, at)

    async def _call(self, call: str) -> None:
        async with self.called:
            self.calls[call] += 1
            self.called.notify_all()
        if self.status != 200:
            self.reached = self.reached and self.status is not None
            raise LiveKitError(f"{call}: not now", status=self.status)
        self.answered_at = asyncio.get_running_loop().time()
        self.reached = True

    async def ensure(self, metadata: JobMetadata) -> str:
        await self._call("CreateRoom")
        name = room_name_of(metadata.session_id)
        if name not in self.rooms:
            self.open(metadata.session_id)
            self._dispatch(name, metadata.to_json())
        return self.rooms[name].sid

    async def sid(self, room_name: str) -> str | None:
        await self._call("ListRooms")
        return self.rooms[room_name].sid if room_name in self.rooms else None

    async def list_rooms(self) -> list[Room]:
        await self._call("ListRooms")
        return [room.listed() for room in self.rooms.values()]

    async def ping(self) -> None:
        await self._call("ListRooms")

    async def end(self, room_name: str) -> None:
        await self._call("DeleteRoom")
        self.rooms.pop(room_name, None)

    async def ask_agent_to_end(self, room_name: str, reason: str) -> None:
        await self._call("SendData")
        if self.rooms[room_name].agent:
            del self.rooms[room_name]

    async def participants(self, room_name: str) -> Participants:
        await self._call("ListParticipants")
        room = self.rooms.get(room_name)
        return room.participants() if room else Participants(agent=False, trainee=False)

    async def remove(self, room_name: str, identity: str) -> None:
        await self._call("RemoveParticipant")
        if room := self.rooms.get(room_name):
            room.avatars = tuple(a for a in room.avatars if a.identity != identity)

    async def dispatches(self, room_name: str) -> list[Dispatch]:
        await self._call("ListDispatch")
        if room_name not in self.rooms:
            raise LiveKitError("no such room", status=503)
        return list(self.rooms[room_name].dispatches)

    async def dispatch(self, room_name: str, job_metadata: str) -> None:
        await self._call("CreateDispatch")
        self._dispatch(room_name, job_metadata)
        self.dispatched.append(room_name)

    async def delete_dispatch(self, room_name: str, dispatch_id: str) -> None:
        await self._call("DeleteDispatch")
        if room := self.rooms.get(room_name):
            room.dispatches = [d for d in room.dispatches if d.id != dispatch_id]

    def _dispatch(self, room_name: str, job_metadata: str) -> None:
        if room_name not in self.rooms:
            self.rooms[room_name] = FakeRoom(room_name, f"RM_{next(self._room_ids)}")
        made = Dispatch(id=f"AD_{next(self._ids)}", has_job=False, running=False)
        self.job_metadata.append(job_metadata)
        self.rooms[room_name].dispatches.append(made)
