"""One greeter a room: of two the later leaves, before it has paid for an avatar.

A dispatch may come twice (two replicas replacing the same lost one), and LiveKit shows a dead
greeter for about 20 s: a ghost is removed, not obeyed.
"""

from __future__ import annotations

import asyncio

from livekit import api, rtc
from livekit.agents import JobContext
from livekit.agents.voice.room_io import ATTRIBUTE_PUBLISH_ON_BEHALF

from agent.errors import LiveKitError
from agent.log import logger
from agent.room_contract import ATTRIBUTE_GREETER, RPC_GREETER_ALIVE

_ANSWER_S = 3.0
"""A greeter that is alive answers within this long, even on a machine that starts ten at once."""

_API_TIMEOUT_S = 3.0


async def is_the_greeter(ctx: JobContext) -> bool:
    """Decide whether this job greets; the room must be connected.

    Raises:
        LiveKitError: another greeter is here and LiveKit could not be asked who came first.
    """

    async def alive(_: rtc.RpcInvocationData) -> str:
        return "yes"

    ctx.room.local_participant.register_rpc_method(RPC_GREETER_ALIVE, alive)
    others = [p for p in ctx.room.remote_participants.values() if ATTRIBUTE_GREETER in p.attributes]
    if not others:
        return True
    seats = await _seats(ctx)
    mine = seats.get(ctx.room.local_participant.identity)
    for other in others:
        if not await _answers(ctx.room, other.identity):
            await _remove_ghost(ctx, other.identity)
        elif mine is None or seats.get(other.identity, mine) < mine:
            logger.info("another greeter was here first, leaving", extra={"other": other.identity})
            return False
    return True


async def _seats(ctx: JobContext) -> dict[str, tuple[int, str]]:
    """Who came when: identity to (milliseconds, identity), comparable the same way by everybody."""
    try:
        async with asyncio.timeout(_API_TIMEOUT_S):
            answer = await ctx.api.room.list_participants(
                api.ListParticipantsRequest(room=ctx.room.name)
            )
    except (TimeoutError, api.TwirpError) as e:
        raise LiveKitError(f"LiveKit did not say who is in the room: {type(e).__name__}") from e
    return {p.identity: (p.joined_at_ms, p.identity) for p in answer.participants}


async def _answers(room: rtc.Room, identity: str) -> bool:
    try:
        answer = await room.local_participant.perform_rpc(
            destination_identity=identity,
            method=RPC_GREETER_ALIVE,
            payload="",
            response_timeout=_ANSWER_S,
        )
    except rtc.RpcError:
        return False
    return answer == "yes"


async def _remove_ghost(ctx: JobContext, identity: str) -> None:
    """Remove a dead greeter and the avatar that spoke for it."""
    logger.warning("removing a dead greeter's ghost", extra={"other": identity})
    avatars = [
        p.identity
        for p in ctx.room.remote_participants.values()
        if p.attributes.get(ATTRIBUTE_PUBLISH_ON_BEHALF) == identity
    ]
    for leftover in [identity, *avatars]:
        try:
            async with asyncio.timeout(_API_TIMEOUT_S):
                await ctx.api.room.remove_participant(
                    api.RoomParticipantIdentity(room=ctx.room.name, identity=leftover)
                )
        except (TimeoutError, api.TwirpError) as e:
            logger.warning("a ghost was not removed", extra={"error": type(e).__name__})
