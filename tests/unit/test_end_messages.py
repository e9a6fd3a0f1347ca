"""The token endpoint's message that ends a greeting."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc

from agent.core.events import EndRequested, Events
from agent.room.contract import TOPIC_END
from agent.room.end_messages import EndMessages
from tests.fakes.room import FakeRoom


@pytest.mark.parametrize(
    ("data", "topic", "by_participant", "reasons"),
    [
        (b"continue", TOPIC_END, False, ["continue"]),
        (b"platform.timeout", TOPIC_END, False, ["platform.timeout"]),
        (b"worker_shutdown", TOPIC_END, False, ["continue"]),
        (b"worker_lost", TOPIC_END, False, ["continue"]),
        (b"\xff no reason", TOPIC_END, False, ["continue"]),
        (b"continue", TOPIC_END, True, []),
        (b"continue", "chat", False, []),
    ],
)
async def test_message_of_the_endpoint_ends_the_greeting(
    data: bytes, topic: str, by_participant: bool, reasons: list[str]
) -> None:
    room, events = FakeRoom(), Events()
    ended: list[str] = []
    events.on(EndRequested, lambda event: ended.append(event.reason))
    EndMessages(cast(Any, room), events)
    participant = SimpleNamespace(identity="trainee") if by_participant else None
    kind = rtc.DataPacketKind.KIND_RELIABLE
    room.emit("data_received", rtc.DataPacket(data, kind, cast(Any, participant), topic))
    assert ended == reasons
