"""LiveKit's server API as the worker uses it; every call is bounded.

Joining the room and speaking in it is not done here.
"""

from __future__ import annotations

import asyncio

from livekit import api
from livekit.agents.voice.room_io import ATTRIBUTE_PUBLISH_ON_BEHALF

from agent.core.errors import LiveKitError
from agent.core.livekit_errors import translate_livekit_errors
from agent.core.log import logger

_TIMEOUT_S = 2.0
_DELETE_TRIES = 2
"""Together well under the 10 s after which livekit-agents kills a job's process."""


class RoomApi:
    """What is asked of LiveKit about one room."""

    def __init__(self, room: str, livekit: api.LiveKitAPI) -> None:
        """Args:
        room: its name.
        livekit: not closed by it.
        """
        self._room = room
        self._api = livekit.room

    async def participants(self) -> list[api.ParticipantInfo]:
        """Who is there, as LiveKit knows it now; nobody where the room is gone."""
        found: list[api.ParticipantInfo] = []
        with translate_livekit_errors("ListParticipants", ignore_not_found=True):
            async with asyncio.timeout(_TIMEOUT_S):
                answer = await self._api.list_participants(
                    api.ListParticipantsRequest(room=self._room)
                )
            found.extend(answer.participants)
        return found

    async def change_attributes(self, identity: str, attributes: dict[str, str]) -> None:
        """Change a participant's attributes, which is announced to everybody at once."""
        with translate_livekit_errors("UpdateParticipant", ignore_not_found=True):
            async with asyncio.timeout(_TIMEOUT_S):
                await self._api.update_participant(
                    api.UpdateParticipantRequest(
                        room=self._room, identity=identity, attributes=attributes
                    )
                )

    async def remove(self, identity: str) -> None:
        """Remove a participant; a failure is logged, for there is nothing else to do about it."""
        try:
            with translate_livekit_errors("RemoveParticipant", ignore_not_found=True):
                async with asyncio.timeout(_TIMEOUT_S):
                    await self._api.remove_participant(
                        api.RoomParticipantIdentity(room=self._room, identity=identity)
                    )
        except LiveKitError as e:
            logger.warning("a participant was not removed", extra={"error": str(e)})

    async def remove_greeter(self, identity: str) -> None:
        """Remove a dead greeter and, before it, the avatar that spoke for it.

        Raises:
            LiveKitError: it could not be asked who is there.
        """
        avatars = [
            participant.identity
            for participant in await self.participants()
            if participant.attributes.get(ATTRIBUTE_PUBLISH_ON_BEHALF) == identity
        ]
        for leftover in [*avatars, identity]:
            await self.remove(leftover)

    async def delete(self) -> None:
        """Delete the room, trying again; harmless where it is gone. A failure is logged."""
        for attempt in range(1, _DELETE_TRIES + 1):
            try:
                with translate_livekit_errors("DeleteRoom", ignore_not_found=True):
                    async with asyncio.timeout(_TIMEOUT_S):
                        await self._api.delete_room(api.DeleteRoomRequest(room=self._room))
            except LiveKitError as e:
                logger.warning(
                    "the room was not deleted", extra={"error": str(e), "attempt": attempt}
                )
            else:
                return
