"""The trainee in the room: when they can hear, and how they leave."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc

from agent.core.end_reasons import Ending
from agent.room import trainee as presence
from agent.room.trainee import Trainee
from tests.fakes.room import OURS, FakeRoom

GRACE_S = 0.3
LONG_S = 5.0
GUIDE = cast(Any, SimpleNamespace(identity="greeter", there_at=0.0))


class Hall:
    """A room, and whoever waits for its trainee."""

    def __init__(self) -> None:
        self.room = FakeRoom()
        self.ending = Ending()
        self.trainee = Trainee(
            cast(Any, self.room), self.ending, self._typed, return_grace_s=GRACE_S
        )

    async def _typed(self, text: str) -> None: ...

    async def reports(self, *, sound_unlocked: bool) -> None:
        report = {"sound_unlocked": sound_unlocked, "audio_from": ["greeter"]}
        assert await self.room.says("can_hear", json.dumps(report)) == "ok"


async def test_opening_waits_until_the_sound_is_unlocked() -> None:
    hall = Hall()
    hall.room.trainee_joins(**OURS)
    hearing = asyncio.create_task(hall.trainee.can_hear(GUIDE, LONG_S))
    await hall.reports(sound_unlocked=False)
    await asyncio.sleep(0.05)
    assert not hearing.done()
    await hall.reports(sound_unlocked=True)
    await asyncio.wait_for(hearing, 1)


async def test_who_is_to_read_is_not_waited_for_until_they_hear() -> None:
    """The page asks nobody to unlock the sound once what is said is read."""
    hall = Hall()
    hall.room.trainee_joins(**OURS)
    hearing = asyncio.create_task(hall.trainee.can_hear(GUIDE, LONG_S))
    await hall.reports(sound_unlocked=False)
    await asyncio.sleep(0.05)
    hall.trainee.will_read()
    await asyncio.wait_for(hearing, 1)


async def test_who_will_read_before_their_page_has_said_anything_is_not_waited_for_either() -> None:
    hall = Hall()
    hall.room.trainee_joins(**OURS)
    hearing = asyncio.create_task(hall.trainee.can_hear(GUIDE, LONG_S))
    await asyncio.sleep(0.05)
    hall.trainee.will_read()
    await asyncio.wait_for(hearing, 1)


async def test_second_tab_that_connects_slowly_has_the_whole_grace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """LiveKit closes the first one before the second is through to it."""
    monkeypatch.setattr(presence, "_LOST_GRACE_S", 0.05)
    hall = Hall()
    hall.room.trainee_joins(**OURS)
    hall.room.leaves("trainee", rtc.DisconnectReason.DUPLICATE_IDENTITY)
    await asyncio.sleep(0.15)
    assert hall.ending.reason is None
    hall.room.trainee_joins(**OURS)
    await asyncio.sleep(GRACE_S)
    assert hall.ending.reason is None


async def test_second_tab_that_never_connects_is_a_lost_connection() -> None:
    hall = Hall()
    hall.room.trainee_joins(**OURS)
    hall.room.leaves("trainee", rtc.DisconnectReason.DUPLICATE_IDENTITY)
    assert await asyncio.wait_for(hall.ending.wait(), 1) == "connection_lost"


@pytest.mark.parametrize("attributes", [OURS, {}], ids=["our page", "another client"])
async def test_who_leaves_before_the_first_word_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, attributes: dict[str, str]
) -> None:
    for name in ("_SETTLE_S", "_FIRST_REPORT_S"):
        monkeypatch.setattr(presence, name, 0.1)
    hall = Hall()
    hall.room.trainee_joins(**attributes)
    hearing = asyncio.create_task(hall.trainee.can_hear(GUIDE, LONG_S))
    hall.room.leaves("trainee")
    await asyncio.sleep(0.2)
    assert not hearing.done(), "the opening would be said to nobody"
    hall.room.trainee_joins(**attributes)
    await asyncio.sleep(0.05)
    assert not hearing.done(), "the new page has had no time to say that it hears"
    await asyncio.wait_for(hearing, 1)


async def test_who_leaves_before_they_could_read_is_waited_for() -> None:
    hall = Hall()
    hall.room.trainee_joins(**OURS)
    hall.trainee.will_read()
    hall.room.leaves("trainee")
    hearing = asyncio.create_task(hall.trainee.can_hear(GUIDE, LONG_S))
    await asyncio.sleep(0.1)
    assert not hearing.done()
    hall.room.trainee_joins(**OURS)
    await asyncio.wait_for(hearing, 1)
