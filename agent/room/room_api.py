"""LiveKit's server API for one room, as the worker uses it; every call has a timeout."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar

from livekit import api
from livekit.agents.voice.room_io import ATTRIBUTE_PUBLISH_ON_BEHALF

from agent.core.errors import LiveKitError
from agent.core.livekit_api import translate_livekit_errors
from agent.core.log import logger

T = TypeVar("T")

_TIMEOUT_S: Final = 2.0
_DELETE_TRIES: Final = 2
"""Both tries together take less than the 10 s after which livekit-agents kills a job's process.
`JobContext.delete_room` tries once and has no timeout; a room that is not deleted keeps a paid
avatar until the endpoint's reaper finds it."""


class RoomApi:
    """The server API for one room. `remove` and `delete` leave failures to the reaper."""

    def __init__(self, room: str, livekit: api.LiveKitAPI) -> None:
        self._room = room
        self._api = livekit.room

    async def participants(self) -> list[api.ParticipantInfo]:
        """Return the participants as LiveKit knows them; empty if the room is gone."""
        request = api.ListParticipantsRequest(room=self._room)
        response = await _answer("ListParticipants", self._api.list_participants(request))
        return list(response.participants) if response else []

    async def change_attributes(self, identity: str, attributes: dict[str, str]) -> None:
        """Change a participant's attributes; LiveKit announces it to everyone at once."""
        request = api.UpdateParticipantRequest(
            room=self._room, identity=identity, attributes=attributes
        )
        await _answer("UpdateParticipant", self._api.update_participant(request))

    async def remove(self, identity: str) -> None:
        request = api.RoomParticipantIdentity(room=self._room, identity=identity)
        try:
            await _answer("RemoveParticipant", self._api.remove_participant(request))
        except LiveKitError as e:
            logger.warning(
                "could not remove a participant; the endpoint's reaper will",
                extra={"event": "participant_not_removed", "error": str(e)},
            )

    async def remove_agent(self, identity: str) -> None:
        """Remove a dead agent, after the avatar that published on its behalf."""
        avatars = [
            participant.identity
            for participant in await self.participants()
            if participant.attributes.get(ATTRIBUTE_PUBLISH_ON_BEHALF) == identity
        ]
        for leftover in [*avatars, identity]:
            await self.remove(leftover)

    async def delete(self) -> bool:
        """Delete the room, with one retry. Returns False if LiveKit had no such room any more."""
        failure = ""
        for _ in range(_DELETE_TRIES):
            try:
                with translate_livekit_errors("DeleteRoom"):
                    async with asyncio.timeout(_TIMEOUT_S):
                        await self._api.delete_room(api.DeleteRoomRequest(room=self._room))
                return True
            except LiveKitError as e:
                if e.code == api.ServerErrorCode.NOT_FOUND:
                    return False
                failure = str(e)
        logger.warning(
            "could not delete the room; if it stays, the endpoint's reaper deletes it",
            extra={"event": "room_not_deleted", "error": failure},
        )
        return True


async def _answer(name: str, call: Awaitable[T]) -> T | None:
    """Wait for LiveKit's answer to a call; None if the room or the participant is gone."""
    answer: T | None = None
    with translate_livekit_errors(name, ignore_not_found=True):
        async with asyncio.timeout(_TIMEOUT_S):
            answer = await call
    return answer
