"""Ensures that a room has one agent: of two, the later one leaves before it requests an avatar.

A dispatch may come twice (two replicas replace the same lost one), and LiveKit shows a dead agent
for about 20 s. A participant whose process is dead does not answer, and is removed.
"""

from __future__ import annotations

from typing import Final

from livekit import rtc

from agent.core.errors import LiveKitError
from agent.core.log import logger
from agent.room.contract import ATTRIBUTE_AGENT, RPC_AGENT_ALIVE
from agent.room.room_api import RoomApi

_RESPONSE_TIMEOUT_S: Final = 3.0
"""A live agent answers within this time, even on a machine that starts ten jobs at once."""


async def is_listed_without_agent(livekit: RoomApi) -> bool:
    """Return True if LiveKit lists no agent in the room, which this job has not joined.

    Another agent may still be joining, so `is_only_agent` decides later.
    """
    try:
        return not any(ATTRIBUTE_AGENT in p.attributes for p in await livekit.participants())
    except LiveKitError:
        return False


async def is_only_agent(room: rtc.Room, livekit: RoomApi) -> bool:
    """Decide whether this job greets the trainee; the room must be connected.

    Also answers `greeter_alive` from now on, for other agents and for the page. Raises LiveKitError
    if another agent is here and LiveKit did not say which one came first.
    """

    async def answer_alive(_: rtc.RpcInvocationData) -> str:
        return "yes"

    room.local_participant.register_rpc_method(RPC_AGENT_ALIVE, answer_alive)
    others = [p for p in room.remote_participants.values() if ATTRIBUTE_AGENT in p.attributes]
    if not others:
        return True
    # The identity decides between two that joined in the same millisecond.
    joined = {p.identity: (p.joined_at_ms, p.identity) for p in await livekit.participants()}
    mine = joined.get(room.local_participant.identity)
    for other in others:
        if not await _is_alive(room, other.identity):
            logger.warning(
                "removing the participant of a dead agent",
                extra={"event": "dead_agent_removed", "other": other.identity},
            )
            await livekit.remove_agent(other.identity)
        elif mine is None or joined.get(other.identity, mine) < mine:
            logger.info(
                "another agent is already in the room; leaving",
                extra={"event": "second_agent_left", "other": other.identity},
            )
            return False
    return True


async def _is_alive(room: rtc.Room, identity: str) -> bool:
    try:
        answer = await room.local_participant.perform_rpc(
            destination_identity=identity,
            method=RPC_AGENT_ALIVE,
            payload="",
            response_timeout=_RESPONSE_TIMEOUT_S,
        )
    except rtc.RpcError:
        return False
    return answer == "yes"
