"""The token endpoint's message that ends the greeting; see `agent.room.contract`."""

from __future__ import annotations

from livekit import rtc

from agent.core import end_reasons
from agent.core.events import EndRequested, Events
from agent.room.contract import TOPIC_END


class EndMessages:
    """Emits `EndRequested`."""

    def __init__(self, room: rtc.Room, events: Events) -> None:
        self._events = events
        room.on("data_received", self._on_data)

    def _on_data(self, message: rtc.DataPacket) -> None:
        # Only LiveKit's server API sends without a participant.
        if message.topic == TOPIC_END and message.participant is None:
            reason = message.data.decode(errors="replace")
            self._events.emit(EndRequested(end_reasons.requested(reason)))
