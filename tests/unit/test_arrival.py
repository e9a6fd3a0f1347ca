"""A trainee whom LiveKit has not announced yet."""

from __future__ import annotations

import asyncio
import json
from typing import Any, cast

import pytest

from agent.core.events import CanHear, Events
from agent.room import arrival
from agent.room.arrival import Arrivals
from agent.room.page_rpcs import PageRpcs
from tests.fakes.room import FakeRoom
from tests.fakes.room_api import FakeRoomApi
from tests.support.waiting import until

REPORT = json.dumps({"sound_unlocked": True, "audio_from": ["avatar"]})


class Setup:
    """A room whose trainee has joined, and is not announced."""

    def __init__(self) -> None:
        self.room = FakeRoom()
        self.api = FakeRoomApi(self.room)
        self.api.newcomers.append("trainee")
        self.arrivals = Arrivals(cast(Any, self.room), cast(Any, self.api))
        self.events = Events()
        self.heard: list[CanHear] = []
        self.events.on(CanHear, self.heard.append)
        self.rpcs = PageRpcs(cast(Any, self.room), self.arrivals, self.events)


async def test_report_of_a_trainee_who_is_not_announced_counts() -> None:
    setup = Setup()
    # The page calls several methods at once.
    answers = await asyncio.gather(*(setup.room.says("can_hear", REPORT) for _ in range(3)))
    assert answers == ["ok"] * 3
    assert [event.audio_from for event in setup.heard] == [frozenset({"avatar"})] * 3
    assert setup.api.calls == ["participants", "change_attributes"]


async def test_report_counts_once_livekit_announces_the_trainee_itself() -> None:
    setup = Setup()
    setup.api.fails = True
    call = asyncio.create_task(setup.room.says("can_hear", REPORT))
    await asyncio.sleep(0.05)
    assert setup.heard == []
    setup.api.announce("trainee")
    assert await call == "ok"
    assert len(setup.heard) == 1


async def test_call_of_a_participant_who_is_not_in_the_room_is_ignored() -> None:
    setup = Setup()
    assert await setup.room.says("can_hear", REPORT, "stranger") == "ignored"
    assert setup.heard == []


async def test_call_is_ignored_if_its_caller_is_never_announced(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(arrival, "_ANNOUNCED_S", 0.05)
    setup = Setup()
    setup.api.fails = True
    assert await setup.room.says("can_hear", REPORT) == "ignored"
    assert [record.event for record in caplog.records if hasattr(record, "event")] == [
        "caller_not_announced"
    ]


async def test_newcomers_are_announced_only_while_the_trainee_is_absent() -> None:
    setup = Setup()
    absent = asyncio.Event()
    announcing = asyncio.create_task(setup.arrivals.announce_while(absent))
    await asyncio.sleep(0.05)
    assert setup.api.calls == []
    absent.set()
    await until(lambda: "trainee" in setup.room.remote_participants)
    announcing.cancel()
