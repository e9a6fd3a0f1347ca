"""What happens at the end of a greeting: what is stopped, deleted and saved, in this order.

Nothing delays the deletion of the room, because the avatar is charged until then.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from agent.core import end_reasons
from agent.core.events import GreetingEnded
from agent.greeting.greeting import Greeting
from agent.greeting.observers.outcome_recorder import OutcomeRecorder
from agent.greeting.observers.page import PageObserver

_CLOSE_TIMEOUT_S: Final = 0.2
_LEAVE_TIMEOUT_S: Final = 0.2
"""Longest waits for the session to close, and for the agent to leave the room."""


async def clean_up(
    greeting: Greeting, page: PageObserver, recorder: OutcomeRecorder, reason: str
) -> str:
    """Clean up. Returns the reason in the outcome: the endpoint may have stored another one."""
    greeting.tasks.cancel()
    greeting.output.close()
    greeting.avatar.stop_speaking()
    was_in_room = await _leave_room(greeting, page, reason)
    if reason in end_reasons.RESTARTABLE:
        reason = await recorder.final_reason(await _close_room(greeting, was_in_room, reason))
        await recorder.end_session(reason)
    else:
        # At once: the endpoint must not replace the agent while LiveKit is slow to delete the room.
        await asyncio.gather(
            _close_room(greeting, was_in_room, reason), recorder.end_session(reason)
        )
    greeting.events.emit(GreetingEnded(reason))
    if greeting.recording is not None:
        deleted = await recorder.is_deleted()
        at_once = reason == end_reasons.WORKER_SHUTDOWN
        await greeting.recording.finish(keep=not deleted, at_once=at_once)
    await recorder.close(reason)
    return reason


async def _leave_room(greeting: Greeting, page: PageObserver, reason: str) -> bool:
    """Close the session, which needs the room, and leave; False if the agent had left before."""
    closing = greeting.conversation.close(_CLOSE_TIMEOUT_S)
    if not greeting.room.isconnected():
        await closing
        return False
    await asyncio.gather(page.show_end(reason), closing)
    # Leave before the room is deleted; otherwise livekit-rtc logs errors.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LEAVE_TIMEOUT_S):
            await greeting.room.disconnect()
    return True


async def _close_room(greeting: Greeting, was_in_room: bool, reason: str) -> str:
    """Delete the room with everyone in it, and stop what belongs to the avatar.

    Returns the reason; `ROOM_CLOSED` if LiveKit stopped the job because the room was deleted. This
    can arrive before the end of the room, and then looks as if the worker was stopped.
    """
    stopped = reason == end_reasons.WORKER_SHUTDOWN
    # Otherwise the room is gone, or the endpoint removes it.
    if (was_in_room or stopped) and not await greeting.livekit.delete() and stopped:
        reason = end_reasons.ROOM_CLOSED
    await greeting.avatar.close()
    return reason
