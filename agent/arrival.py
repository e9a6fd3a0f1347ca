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

from livekit import api
from livekit.agents import JobContext

from agent.log import logger
from agent.room_contract import ATTRIBUTE_SEEN

_ASK_EVERY_S = 0.15
_API_TIMEOUT_S = 3.0


async def announce_arrivals(ctx: JobContext, absent: asyncio.Event) -> None:
    """While `absent` is set, have every newcomer announced at once; runs until cancelled."""
    while True:
        await absent.wait()
        try:
            async with asyncio.timeout(_API_TIMEOUT_S):
                await _announce(ctx)
        except (TimeoutError, api.TwirpError) as e:
            # The event comes by itself, only later.
            logger.debug("LiveKit did not say who is here", extra={"error": type(e).__name__})
        await asyncio.sleep(_ASK_EVERY_S)


async def _announce(ctx: JobContext) -> None:
    room = ctx.room.name
    present = await ctx.api.room.list_participants(api.ListParticipantsRequest(room=room))
    for participant in present.participants:
        unseen = participant.identity not in ctx.room.remote_participants
        if (
            unseen
            and participant.kind == api.ParticipantInfo.Kind.STANDARD
            and participant.state == api.ParticipantInfo.State.ACTIVE
        ):
            await ctx.api.room.update_participant(
                api.UpdateParticipantRequest(
                    room=room,
                    identity=participant.identity,
                    attributes={ATTRIBUTE_SEEN: str(time.time_ns())},
                )
            )
