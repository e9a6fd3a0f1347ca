"""The page's attributes: sent in order, once, and not delayed by a lost response."""

from __future__ import annotations

import asyncio
from typing import cast

from livekit import rtc

from agent.room.page_attributes import PageAttributes
from tests.fakes.room import FakeRoom

TIMEOUT_S = 60.0
SOON_S = 20.0
"""Less than the time limit of one request."""


async def test_lost_response_does_not_delay_the_next_attributes() -> None:
    room = FakeRoom()
    room.responses_lost = True
    page = PageAttributes(cast(rtc.Room, room))
    async with asyncio.timeout(SOON_S):
        await page.set_now({"mode": "avatar"}, TIMEOUT_S)
        await page.set_now({"mode": "voice", "locale": "de"}, TIMEOUT_S)
    assert room.attributes == {"mode": "voice", "locale": "de"}


async def test_update_of_another_participant_is_not_taken_for_acceptance() -> None:
    room = FakeRoom()
    room.trainee_joins(mode="avatar")
    trainee = room.remote_participants["trainee"]
    accepts = asyncio.Event()

    async def set_attributes(attributes: dict[str, str]) -> None:
        room.emit("participant_attributes_changed", attributes, trainee)
        await accepts.wait()

    room.local_participant.set_attributes = set_attributes
    setting = asyncio.ensure_future(
        PageAttributes(cast(rtc.Room, room)).set_now({"mode": "avatar"})
    )
    await asyncio.sleep(0.05)
    assert not setting.done()
    accepts.set()
    await setting


async def test_attribute_that_did_not_change_is_not_sent_again() -> None:
    room = FakeRoom()
    page = PageAttributes(cast(rtc.Room, room))
    await page.set_now({"mode": "avatar"})
    room.attributes.clear()
    await page.set_now({"mode": "avatar", "locale": "de"})
    assert room.attributes == {"locale": "de"}
