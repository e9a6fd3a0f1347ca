"""The RPC methods that the page calls on the agent; see `agent.room.contract`.

`earlier_lines` is answered by `agent.greeting.observers.earlier_lines`, and `greeter_alive` by
`agent.room.single_agent`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import partial
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
            room.local_participant.register_rpc_method(name, partial(self._answer, method))

    async def _answer(self, method: Callable[[str], str], call: rtc.RpcInvocationData) -> str:
        # A page calls as soon as it is connected, perhaps before LiveKit announces the trainee.
        participant = await self._arrivals.find(call.caller_identity)
        return method(call.payload) if participant and is_human(participant) else "ignored"

    def _on_can_hear(self, payload: str) -> str:
        try:
            report = json.loads(payload)
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
        return self._emit(event)

    def _on_end_greeting(self, payload: str) -> str:
        try:
            reason = str(json.loads(payload or "{}").get("reason"))
        except (ValueError, AttributeError):
            reason = ""
        event = EndRequested(end_reasons.requested(reason))
        asyncio.get_running_loop().call_later(_RESPOND_FIRST_S, self._events.emit, event)
        return "ok"

    def _on_feedback(self, payload: str) -> str:
        try:
            given = json.loads(payload)
            comment = one_line(given.get("comment"), COMMENT_MAX)
            event = FeedbackGiven(helpful=given["helpful"] is True, comment=comment)
        except (ValueError, KeyError, TypeError, AttributeError):
            return "ignored"
        return self._emit(event)

    def _on_set_name(self, payload: str) -> str:
        if self._names >= _NAMES_MAX:
            return "ignored"
        try:
            name = clean_name(json.loads(payload).get("name"))
        except (ValueError, AttributeError):
            name = ""
        if name:
            self._names += 1
            self._events.emit(NameChosen(name))
        return json.dumps({"name": name})

    def _on_start_timeline(self, payload: str) -> str:
        if self._timeline_reports >= _TIMELINE_REPORTS_MAX:
            return "ignored"
        self._timeline_reports += 1
        return self._emit(PageTimelineReported(payload))

    def _on_labels_shown(self, payload: str) -> str:
        try:
            ages = {label: float(age) for label, age in json.loads(payload).items()}
        except (ValueError, TypeError, AttributeError):
            raise rtc.RpcError(
                rtc.RpcError.ErrorCode.APPLICATION_ERROR, 'expected {"ai": ms, "recording": ms}'
            ) from None
        for label in _LABELS:
            if 0 <= ages.get(label, -1) <= _LABEL_AGE_MAX_MS:
                self._events.emit(LabelShown(label, ages[label] / 1000))
        return "ok"

    def _on_stop_recording(self, _: str) -> str:
        return self._emit(RecordingDeclined())

    def _on_typing(self, _: str) -> str:
        return self._emit(TraineeTyping())

    def _emit(self, event: object) -> str:
        self._events.emit(event)
        return "ok"
