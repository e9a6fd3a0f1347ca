"""A greeting that the platform's backend requests before the trainee's page is there."""

from __future__ import annotations

import asyncio
import time

from agent.core.end_reasons import TRAINEE_NEVER_CAME
from tests.support.conversation import expected_avatars
from tests.support.page_client import PageClient
from tests.support.product import Product
from tests.support.waiting import until, until_answer

AHEAD_S = 4.0
"""From 3 s on, the worker asks LiveKit only every 2 s who has joined: it must learn it from the
page's own call."""
FIRST_WORD_S = 7.0
"""Measured: 0.3 s on a quiet machine. tests/unit/test_arrival.py shows that the worker learns it
from the page."""
ONLY_VOICE_S = 1.2
"""If the page receives the avatar's sound so much later than the agent's, the voice may begin
(`agent/greeting/avatar.py`: 1.5 s)."""


async def test_greeting_requested_ahead_begins_as_soon_as_the_page_can_hear(
    product: Product,
) -> None:
    asked_at = time.monotonic()
    answer = await product.ask("ahead", client="avatar-greeting", join_timeout_s=40)
    assert answer.status_code == 201
    await product.avatar_joined(answer.json()["room_name"])
    # The opening is synthesised, too.
    await until_answer(lambda: product.providers.calls("tts"))
    await asyncio.sleep(max(asked_at + AHEAD_S - time.monotonic(), 0))
    # The page requests the same session.
    answer = await product.ask("ahead", client="avatar-greeting")
    assert answer.status_code == 200
    page = PageClient()
    product.clients.append(page)
    await page.join(answer.json()["server_url"], answer.json()["participant_token"])
    can_hear_at = await page.can_hear()
    heard_at, speaker = await page.hears(after=0)
    assert heard_at - can_hear_at < FIRST_WORD_S
    await until(lambda: page.avatar is not None, 60, "LiveKit did not announce the avatar")
    if page.received_at.get(page.avatar.identity, heard_at) - can_hear_at < ONLY_VOICE_S:
        assert speaker == page.avatar.identity
    requests = await product.calls_for_avatars(answer.json()["room_name"])
    assert requests == expected_avatars(product, "ahead")
    await product.end("ahead")


async def test_avatar_waits_for_the_trainee_as_long_as_the_request_says(product: Product) -> None:
    answer = await product.ask("nobody", join_timeout_s=2)
    room = answer.json()["room_name"]
    outcome = await product.outcome("nobody", reason=TRAINEE_NEVER_CAME)
    await product.paid_avatars_left(room)
    assert outcome["duration_s"] < 15, "as long as it waits by default"
    assert outcome["opened_at"] is None
