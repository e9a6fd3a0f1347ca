"""Makes LiveKit announce the trainee at once.

LiveKit announces a participant who publishes nothing up to 3 s late, because it batches such
updates (`subscriberUpdateInterval` in livekit-server's pkg/rtc/room.go; 2.5 s was measured). A
trainee who has not allowed the microphone yet publishes nothing. A change of attributes is
announced at once. So the worker asks LiveKit's API for the participants while it waits for the
trainee, and changes an attribute of one who was not announced yet. No other part of the worker
polls the room.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

from livekit import api, rtc

from agent.core.errors import LiveKitError
from agent.core.log import logger
from agent.room.contract import ATTRIBUTE_SEEN
from agent.room.room_api import RoomApi

_FAST_EVERY_S: Final = 0.15
_FAST_FOR_S: Final = 3.0
"""Most trainees join right after the dispatch."""
_SLOW_EVERY_S: Final = 2.0
"""Afterwards LiveKit's own announcement is hardly later than this."""


async def announce_arrivals(room: rtc.Room, livekit: RoomApi, absent: asyncio.Event) -> None:
    """Announce every newcomer while `absent` is set; runs until cancelled."""
    since = time.monotonic()
    while True:
        if not absent.is_set():
            await absent.wait()
            since = time.monotonic()
        fast = time.monotonic() - since < _FAST_FOR_S
        pause_s = _FAST_EVERY_S if fast else _SLOW_EVERY_S
        try:
            for newcomer in await _not_announced(room, livekit):
                await livekit.change_attributes(newcomer, {ATTRIBUTE_SEEN: str(time.time_ns())})
        except LiveKitError as e:
            # LiveKit announces the trainee itself, only later.
            logger.debug(
                "could not list the room's participants; the trainee may be noticed up to 3 s late",
                extra={"event": "arrivals_unknown", "error": str(e)},
            )
            pause_s = _SLOW_EVERY_S
        await asyncio.sleep(pause_s)


async def _not_announced(room: rtc.Room, livekit: RoomApi) -> list[str]:
    return [
        participant.identity
        for participant in await livekit.participants()
        if participant.identity not in room.remote_participants
        and participant.kind == api.ParticipantInfo.Kind.STANDARD
        and participant.state == api.ParticipantInfo.State.ACTIVE
    ]
