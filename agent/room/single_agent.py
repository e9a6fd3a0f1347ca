"""One greeter a room: of two the later leaves, before it has paid for an avatar.

A dispatch may come twice (two replicas replacing the same lost one), and LiveKit shows a dead
greeter for about 20 s: a ghost is removed, not obeyed.
"""

from __future__ import annotations

from livekit import rtc

from agent.core.log import logger
from agent.room.contract import ATTRIBUTE_GREETER, RPC_GREETER_ALIVE
from agent.room.room_api import RoomApi

_ANSWER_S = 3.0
"""A greeter that is alive answers within this long, even on a machine that starts ten at once."""


async def is_the_greeter(room: rtc.Room, livekit: RoomApi) -> bool:
    """Decide whether this job greets; the room must be connected.

    Raises:
        LiveKitError: another greeter is here and LiveKit could not be asked who came first.
    """

    async def alive(_: rtc.RpcInvocationData) -> str:
        # Whoever asks: another greeter, or the page, which learns sooner than from LiveKit.
        return "yes"

    room.local_participant.register_rpc_method(RPC_GREETER_ALIVE, alive)
    others = [p for p in room.remote_participants.values() if ATTRIBUTE_GREETER in p.attributes]
    if not others:
        return True
    # Identity decides between two that came in the same millisecond.
    seats = {p.identity: (p.joined_at_ms, p.identity) for p in await livekit.participants()}
    mine = seats.get(room.local_participant.identity)
    for other in others:
        if not await _answers(room, other.identity):
            logger.warning("removing a dead greeter's ghost", extra={"other": other.identity})
            await livekit.remove_greeter(other.identity)
        elif mine is None or seats.get(other.identity, mine) < mine:
            logger.info("another greeter was here first, leaving", extra={"other": other.identity})
            return False
    return True


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
