"""Seeing the trainee arrive at once.

LiveKit announces a participant who publishes nothing up to 3 s late (it batches those updates:
`subscriberUpdateInterval` in livekit-server's pkg/rtc/room.go; measured here, 2.5 s), and a trainee
who has yet to allow the microphone publishes nothing. So while we wait, LiveKit's API is asked who
is there, and a change of the newcomer's attributes, which is announced at once, brings the event
that everything else waits for.
"""

from __future__ import annotations

import asyncio
import time

from livekit import api, rtc

from agent.core.errors import LiveKitError
from agent.core.log import logger
from agent.room.contract import ATTRIBUTE_SEEN
from agent.room.room_api import RoomApi

_ASK_EVERY_S = 0.15
_THEN_EVERY_S = 0.5
_EAGER_S = 3.0
"""Most come right after the dispatch; LiveKit's API is not asked so often for the others."""


async def announce_arrivals(room: rtc.Room, livekit: RoomApi, absent: asyncio.Event) -> None:
    """While `absent` is set, have every newcomer announced at once; runs until cancelled."""
    since = time.monotonic()
    while True:
        if not absent.is_set():
            await absent.wait()
            since = time.monotonic()
        pause_s = _ASK_EVERY_S if time.monotonic() - since < _EAGER_S else _THEN_EVERY_S
        try:
            for newcomer in await _not_announced(room, livekit):
                await livekit.change_attributes(newcomer, {ATTRIBUTE_SEEN: str(time.time_ns())})
        except LiveKitError as e:
            # The event comes by itself, only later.
            logger.debug("arrivals cannot be asked for", extra={"error": str(e)})
            pause_s = _THEN_EVERY_S
        await asyncio.sleep(pause_s)


async def _not_announced(room: rtc.Room, livekit: RoomApi) -> list[str]:
    return [
        participant.identity
        for participant in await livekit.participants()
        if participant.identity not in room.remote_participants
        and participant.kind == api.ParticipantInfo.Kind.STANDARD
        and participant.state == api.ParticipantInfo.State.ACTIVE
    ]
