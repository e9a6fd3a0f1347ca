"""When the trainee can hear the opening, and how the trainee leaves."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc

from agent.core.events import EndRequested, Events, ModeChanged
from agent.greeting import audibility
from agent.greeting.audibility import Audibility
from agent.room import trainee as room_trainee
from agent.room.arrival import Arrivals
from agent.room.page_rpcs import PageRpcs
from agent.room.trainee import Trainee
from tests.fakes.room import OURS, FakeRoom
from tests.fakes.room_api import FakeRoomApi
from tests.support.clock import Clock

GRACE_S = 60.0
LONG_S = 60.0
OUTPUT = cast(Any, SimpleNamespace(identity="agent", audible_since=0.0))


class Setup:
    """A room, its trainee, and what the trainee's page can hear."""

    def __init__(self) -> None:
        self.room = FakeRoom()
        self.events = Events()
        self.gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.events.on(EndRequested, lambda event: self.gone.set_result(event.reason))
        room = cast(Any, self.room)
        trainee = Trainee(room, self.events, return_grace_s=GRACE_S)
        self.audibility = Audibility(trainee, OUTPUT, self.events)
        arrivals = Arrivals(room, cast(Any, FakeRoomApi(self.room)))
        self.rpcs = PageRpcs(room, arrivals, self.events)
        trainee.watch()

    def wait(self) -> asyncio.Task[None]:
        return asyncio.create_task(self.audibility.wait(LONG_S))

    async def wait_with_locked_sound(self) -> asyncio.Task[None]:
        """Let a trainee who has not unlocked the sound join on our page."""
        self.room.trainee_joins(**OURS)
        waiting = self.wait()
        await self.report(sound_unlocked=False)
        return waiting

    async def report(
        self, *, sound_unlocked: bool, audio_from: tuple[str, ...] = ("agent",)
    ) -> None:
        report = {"sound_unlocked": sound_unlocked, "audio_from": audio_from}
        assert await self.room.says("can_hear", json.dumps(report)) == "ok"

    def use_text(self) -> None:
        self.events.emit(ModeChanged("text", "speech_failed"))


async def test_opening_waits_until_the_sound_is_unlocked() -> None:
    setup = Setup()
    waiting = await setup.wait_with_locked_sound()
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await setup.report(sound_unlocked=True)
    await asyncio.wait_for(waiting, 30)


async def test_opening_does_not_wait_long_for_a_page_that_receives_no_sound(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(audibility, "_RECEIVE_S", 0.1)
    setup = Setup()
    waiting = await setup.wait_with_locked_sound()
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await setup.report(sound_unlocked=True, audio_from=())
    await asyncio.wait_for(waiting, LONG_S / 2)
    assert [getattr(record, "event", "") for record in caplog.records] == ["can_hear_timeout"]


async def test_text_mode_does_not_wait_for_audio() -> None:
    setup = Setup()
    waiting = await setup.wait_with_locked_sound()
    await asyncio.sleep(0.05)
    setup.use_text()
    await asyncio.wait_for(waiting, 30)


async def test_text_mode_does_not_wait_for_can_hear() -> None:
    setup = Setup()
    setup.room.trainee_joins(**OURS)
    waiting = setup.wait()
    await asyncio.sleep(0.05)
    setup.use_text()
    await asyncio.wait_for(waiting, 30)


async def test_second_tab_has_the_whole_grace_period_to_connect(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    """LiveKit closes the first tab's connection before the second tab's is complete."""
    monkeypatch.setattr(room_trainee, "_RECONNECT_GRACE_S", 0.05)
    setup = Setup()
    setup.room.trainee_joins(**OURS)
    setup.room.leaves("trainee", rtc.DisconnectReason.DUPLICATE_IDENTITY)
    clock.ahead_s = GRACE_S / 2
    await asyncio.sleep(0.05)
    assert not setup.gone.done()
    setup.room.trainee_joins(**OURS)
    clock.ahead_s = 2 * GRACE_S
    await asyncio.sleep(0.05)
    assert not setup.gone.done()


async def test_second_tab_that_does_not_connect_is_a_lost_connection(clock: Clock) -> None:
    setup = Setup()
    setup.room.trainee_joins(**OURS)
    setup.room.leaves("trainee", rtc.DisconnectReason.DUPLICATE_IDENTITY)
    clock.ahead_s = 2 * GRACE_S
    assert await asyncio.wait_for(setup.gone, 30) == "connection_lost"


@pytest.mark.parametrize("attributes", [OURS, {}], ids=["our page", "another client"])
async def test_opening_waits_for_a_trainee_who_left_before_it(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, attributes: dict[str, str]
) -> None:
    for name in ("_OTHER_CLIENT_S", "_FIRST_REPORT_S"):
        monkeypatch.setattr(audibility, name, LONG_S)
    setup = Setup()
    setup.room.trainee_joins(**attributes)
    waiting = setup.wait()
    setup.room.leaves("trainee")
    clock.ahead_s = 2 * LONG_S
    await asyncio.sleep(0.05)
    assert not waiting.done(), "the opening would be said to an empty room"
    setup.room.trainee_joins(**attributes)
    await asyncio.sleep(0.05)
    assert not waiting.done(), "the new page has had no time to report"
    clock.ahead_s = 4 * LONG_S
    await asyncio.wait_for(waiting, 30)


async def test_text_mode_waits_for_a_trainee_who_left_before_the_opening() -> None:
    setup = Setup()
    setup.room.trainee_joins(**OURS)
    setup.use_text()
    setup.room.leaves("trainee")
    waiting = setup.wait()
    await asyncio.sleep(0.1)
    assert not waiting.done()
    setup.room.trainee_joins(**OURS)
    await asyncio.wait_for(waiting, 30)
