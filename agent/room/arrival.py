"""Makes LiveKit announce the trainee at once.

LiveKit announces a participant who publishes nothing up to 3 s late, because it batches such
updates (`subscriberUpdateInterval` in livekit-server's pkg/rtc/room.go; 2.5 s was measured). A
trainee who has not allowed the microphone yet publishes nothing. A change of attributes is
announced at once. So the worker changes an attribute of a newcomer as soon as it knows of one: when
the newcomer's page calls the agent, or when LiveKit's API lists them. No other part of the worker
polls the room.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Final

from livekit import api, rtc
from livekit.agents.utils import wait_for_participant

from agent.core.errors import LiveKitError
from agent.core.log import logger
from agent.room.contract import ATTRIBUTE_SEEN
from agent.room.room_api import RoomApi

_FAST_EVERY_S: Final = 0.15
_FAST_FOR_S: Final = 3.0
"""Most trainees join right after the dispatch."""
_SLOW_EVERY_S: Final = 2.0
"""Afterwards LiveKit's own announcement is hardly later than this."""
_ANNOUNCED_S: Final = 4.0
"""Longest wait for the announcement of a caller: LiveKit makes it within 3 s."""


class Arrivals:
    """Newcomers of one room, whom LiveKit has not announced yet."""

    def __init__(self, room: rtc.Room, livekit: RoomApi) -> None:
        self._room = room
        self._livekit = livekit
        self._announcing = asyncio.Lock()

    async def announce_while(self, absent: asyncio.Event) -> None:
        """Announce every newcomer while `absent` is set; runs until cancelled."""
        since = time.monotonic()
        while True:
            if not absent.is_set():
                await absent.wait()
                since = time.monotonic()
            fast = time.monotonic() - since < _FAST_FOR_S
            pause_s = _FAST_EVERY_S if fast else _SLOW_EVERY_S
            try:
                for newcomer in await self._newcomers():
                    await self._announce(newcomer)
            except LiveKitError as e:
                # LiveKit announces the trainee itself, only later.
                logger.debug(
                    "could not list the room's participants; the trainee may be noticed up to 3 s "
                    "late",
                    extra={"event": "arrivals_unknown", "error": str(e)},
                )
                pause_s = _SLOW_EVERY_S
            await asyncio.sleep(pause_s)

    async def find(self, identity: str) -> rtc.RemoteParticipant | None:
        """Return a participant who has called the agent, perhaps before they are announced."""
        async with self._announcing:
            if identity not in self._room.remote_participants:
                await self._wait_until_announced(identity)
        return self._room.remote_participants.get(identity)

    async def _wait_until_announced(self, identity: str) -> None:
        try:
            async with asyncio.timeout(_ANNOUNCED_S):
                with contextlib.suppress(LiveKitError):  # it announces them itself, only later
                    if identity not in await self._newcomers():
                        return
                    await self._announce(identity)
                await wait_for_participant(self._room, identity=identity)
        except RuntimeError:
            return  # the agent is leaving the room
        except TimeoutError:
            logger.warning(
                "LiveKit did not announce a participant who has called the agent; the call is "
                "ignored. If this repeats, check the load of LiveKit's servers",
                extra={"event": "caller_not_announced", "limit_s": _ANNOUNCED_S},
            )

    async def _newcomers(self) -> list[str]:
        return [
            participant.identity
            for participant in await self._livekit.participants()
            if participant.identity not in self._room.remote_participants
            and participant.kind == api.ParticipantInfo.Kind.STANDARD
            and participant.state == api.ParticipantInfo.State.ACTIVE
        ]

    async def _announce(self, identity: str) -> None:
        await self._livekit.change_attributes(identity, {ATTRIBUTE_SEEN: str(time.time_ns())})
