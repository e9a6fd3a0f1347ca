"""What the page reports of its own start: taken for the timeline, and trusted with nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from livekit import rtc

from agent.outcomes.timeline import Timeline
from agent.room.contract import RPC_START_TIMELINE
from agent.room.trainee import is_human

_REPORTS_MAX: Final = 4
"""A page sends one or two; whoever sends more is not listened to."""


def take_page_reports(room: rtc.Room, timeline: Timeline, on_change: Callable[[], None]) -> None:
    """Answer the page's RPC from now on; `on_change` is called when the timeline has grown."""
    taken = 0

    async def take(call: rtc.RpcInvocationData) -> str:
        nonlocal taken
        participant = room.remote_participants.get(call.caller_identity)
        if participant is None or not is_human(participant) or taken >= _REPORTS_MAX:
            return "ignored"
        taken += 1
        timeline.note_page(call.payload)
        on_change()
        return "ok"

    room.local_participant.register_rpc_method(RPC_START_TIMELINE, take)
