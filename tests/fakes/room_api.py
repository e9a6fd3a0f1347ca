"""A fake of `agent.room.room_api.RoomApi` for a fake room."""

from __future__ import annotations

from livekit import api

from agent.core.errors import LiveKitError
from tests.fakes.room import FakeRoom


class FakeRoomApi:
    """LiveKit's server, which announces a newcomer when one of their attributes is changed."""

    def __init__(self, room: FakeRoom) -> None:
        self._room = room
        self.newcomers: list[str] = []
        """Trainees who are in the room and are not announced yet."""
        self.fails = False
        self.calls: list[str] = []

    async def participants(self) -> list[api.ParticipantInfo]:
        self._note("participants")
        info = api.ParticipantInfo
        return [
            info(identity=one, kind=info.Kind.STANDARD, state=info.State.ACTIVE)
            for one in self.newcomers
        ]

    async def change_attributes(self, identity: str, attributes: dict[str, str]) -> None:
        self._note("change_attributes")
        self.announce(identity)

    async def remove(self, identity: str) -> None:
        self._note("remove")

    def announce(self, identity: str) -> None:
        self.newcomers.remove(identity)
        self._room.trainee_joins(identity)

    def _note(self, call: str) -> None:
        self.calls.append(call)
        if self.fails:
            raise LiveKitError("LiveKit did not answer")
