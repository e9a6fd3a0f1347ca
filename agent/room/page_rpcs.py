"""The RPC methods that the page calls on the agent; see `agent.room.contract`.

`earlier_lines` is answered by `agent.greeting.observers.earlier_lines`, and `greeter_alive` by
`agent.room.single_agent`.
"""

from __future__ import annotations

import asyncio
import json
from typing import Final, Literal

from livekit import rtc

from agent.core import end_reasons
from agent.core.events import (
    CanHear,
    EndRequested,
    Events,
    FeedbackGiven,
    LabelShown,
    NameChosen,
    PageTimelineReported,
    RecordingDeclined,
    TraineeTyping,
)
from agent.core.log import logger
from agent.core.names import clean_name
from agent.core.plain_text import one_line
from agent.outcomes.outcome import COMMENT_MAX
from agent.room.arrival import Arrivals
from agent.room.contract import (
    RPC_CAN_HEAR,
    RPC_END_GREETING,
    RPC_FEEDBACK,
    RPC_LABELS_SHOWN,
    RPC_SET_NAME,
    RPC_START_TIMELINE,
    RPC_STOP_RECORDING,
    RPC_TYPING,
)
from agent.room.trainee import is_human

_RESPOND_FIRST_S: Final = 0.1
"""The response to `end_greeting` is sent before the room is closed."""
_TIMELINE_REPORTS_MAX: Final = 4
"""A page sends one or two reports; more are ignored."""
_NAMES_MAX: Final = 5
"""How often a trainee may choose another name; more are ignored."""
_LABELS: Final[tuple[Literal["ai", "recording"], ...]] = ("ai", "recording")
_LABEL_AGE_MAX_MS: Final = 3_600_000


class PageRpcs:
    """Emits an event for each call of the trainee's page."""

    def __init__(self, room: rtc.Room, arrivals: Arrivals, events: Events) -> None:
        """Register the methods; the room must be connected."""
        self._arrivals = arrivals
        self._events = events
        self._timeline_reports = 0
        self._names = 0
        methods = {
            RPC_CAN_HEAR: self._on_can_hear,
            RPC_END_GREETING: self._on_end_greeting,
            RPC_SET_NAME: self._on_set_name,
            RPC_FEEDBACK: self._on_feedback,
            RPC_LABELS_SHOWN: self._on_labels_shown,
            RPC_START_TIMELINE: self._on_start_timeline,
            RPC_STOP_RECORDING: self._on_stop_recording,
            RPC_TYPING: self._on_typing,
        }
        for name, method in methods.items():
            room.local_participant.register_rpc_method(name, method)

    async def _on_can_hear(self, call: rtc.RpcInvocationData) -> str:
        if not await self._is_from_human(call):
            return "ignored"
        try:
            report = json.loads(call.payload)
            event = CanHear(
                sound_unlocked=report["sound_unlocked"] is True,
                audio_from=frozenset(map(str, report["audio_from"])),
            )
        except (ValueError, KeyError, TypeError):
            logger.warning(
                "could not read a can_hear report", extra={"event": "can_hear_unreadable"}
            )
            raise rtc.RpcError(
                rtc.RpcError.ErrorCode.APPLICATION_ERROR,
                'expected {"sound_unlocked": bool, "audio_from": [identity]}',
            ) from None
        self._events.emit(event)
        return "ok"

    async def _on_end_greeting(self, call: rtc.RpcInvocationData) -> str:
        if not await self._is_from_human(call):
            return "ignored"
        try:
            reason = str(json.loads(call.payload or "{}").get("reason"))
        except (ValueError, AttributeError):
            reason = ""
        event = EndRequested(end_reasons.requested(reason))
        asyncio.get_running_loop().call_later(_RESPOND_FIRST_S, self._events.emit, event)
        return "ok"

    async def _on_feedback(self, call: rtc.RpcInvocationData) -> str:
        try:
            given = json.loads(call.payload)
            comment = one_line(given.get("comment"), COMMENT_MAX)
            event = FeedbackGiven(helpful=given["helpful"] is True, comment=comment)
        except (ValueError, KeyError, TypeError, AttributeError):
            return "ignored"
        return await self._emit_from_human(call, event)

    async def _on_set_name(self, call: rtc.RpcInvocationData) -> str:
        if not await self._is_from_human(call) or self._names >= _NAMES_MAX:
            return "ignored"
        try:
            name = clean_name(json.loads(call.payload).get("name"))
        except (ValueError, AttributeError):
            name = ""
        if name:
            self._names += 1
            self._events.emit(NameChosen(name))
        return json.dumps({"name": name})

    async def _on_start_timeline(self, call: rtc.RpcInvocationData) -> str:
        if not await self._is_from_human(call) or self._timeline_reports >= _TIMELINE_REPORTS_MAX:
            return "ignored"
        self._timeline_reports += 1
        self._events.emit(PageTimelineReported(call.payload))
        return "ok"

    async def _on_labels_shown(self, call: rtc.RpcInvocationData) -> str:
        if not await self._is_from_human(call):
            return "ignored"
        try:
            ages = {label: float(age) for label, age in json.loads(call.payload).items()}
        except (ValueError, TypeError, AttributeError):
            raise rtc.RpcError(
                rtc.RpcError.ErrorCode.APPLICATION_ERROR, 'expected {"ai": ms, "recording": ms}'
            ) from None
        for label in _LABELS:
            if 0 <= ages.get(label, -1) <= _LABEL_AGE_MAX_MS:
                self._events.emit(LabelShown(label, ages[label] / 1000))
        return "ok"

    async def _on_stop_recording(self, call: rtc.RpcInvocationData) -> str:
        return await self._emit_from_human(call, RecordingDeclined())

    async def _on_typing(self, call: rtc.RpcInvocationData) -> str:
        return await self._emit_from_human(call, TraineeTyping())

    async def _emit_from_human(self, call: rtc.RpcInvocationData, event: object) -> str:
        if not await self._is_from_human(call):
            return "ignored"
        self._events.emit(event)
        return "ok"

    async def _is_from_human(self, call: rtc.RpcInvocationData) -> bool:
        # A page calls as soon as it is connected, perhaps before LiveKit announces the trainee.
        participant = await self._arrivals.find(call.caller_identity)
        return participant is not None and is_human(participant)
