"""How a greeting ends if the trainee continues, leaves, returns, or never joins."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.support.conversation import events_of, expected_avatars, wait_for_opening
from tests.support.product import Product
from tests.support.shipped_scripts import has_whole_opening
from tests.support.waiting import until, until_answer

GRACE_S = 8
"""A trainee who left may return within this time."""
SLACK_S = 6.0


async def gone_after(product: Product, room: str, limit: float) -> None:
    """Wait until the room is empty.

    Raises:
        AssertionError: a participant is still there after `limit` seconds.
    """
    since = time.monotonic()
    while await product.participants(room):
        if time.monotonic() - since > limit:
            raise AssertionError(f"a participant is still in the room after {limit:g} s")
        await asyncio.sleep(0.1)


async def test_end_call_removes_avatar_and_room_and_is_not_a_fault(product: Product) -> None:
    client, response, _ = await product.enter(after_avatar=True)
    await client.hears(after=0)
    session_id = response["session_id"]
    answer = await product.end(session_id)
    assert answer.status_code == 200, answer.text
    await gone_after(product, response["room_name"], 2 + SLACK_S)
    await until(lambda: client.disconnected_at is not None, 60, "the client is still in the room")
    await product.paid_avatars_left(response["room_name"])
    assert (await product.ask(session_id)).status_code == 409
    await client.leave()
    outcome = await product.outcome(session_id)
    assert outcome["ended"]["reason"] == "continue"
    assert (outcome["mode"], outcome["faults"]) == ("avatar", [])
    assert "avatar_lost" not in events_of(product, session_id)


async def test_greeting_ended_in_the_room_has_ended_for_the_endpoint(product: Product) -> None:
    client, response, _ = await product.enter()
    await client.hears(after=0)
    await client.press_continue()
    await until(lambda: client.disconnected_at is not None, 60, "the room was not deleted")

    session_id = response["session_id"]
    await product.ask_until(lambda answer: answer.status_code == 409, session_id)
    again = await product.ask(session_id, restart=True)
    assert again.status_code == 201


async def test_avatar_leaves_soon_after_the_trainee(product: Product) -> None:
    client, response, _ = await product.enter()
    await client.hears(after=0)
    left_at = time.monotonic()
    await client.leave()
    await gone_after(product, response["room_name"], GRACE_S + 2 + SLACK_S)
    assert time.monotonic() - left_at > GRACE_S - 1, "there was no time to come back"
    await product.paid_avatars_left(response["room_name"])


async def test_trainee_who_returns_in_time_continues_the_conversation(product: Product) -> None:
    client, response, _ = await product.enter()
    await wait_for_opening(client)
    await client.silence()
    # Only the connection: `leave` takes some of the grace period on a busy machine.
    await asyncio.wait_for(client.room.disconnect(), 30)
    left_at = time.monotonic()
    await asyncio.sleep(1)  # away, as a page that is refreshed
    again = await product.join(response["server_url"], response["participant_token"])
    await until(
        lambda: again.agent is not None and again.avatar is not None, 60, "agent or avatar missing"
    )
    typed_at = time.monotonic()
    await again.type("How long does the video take?")
    await again.hears(after=typed_at)
    await again.silence(1.5)
    assert not has_whole_opening(again.said(again.agent.identity))
    avatars = await product.avatars(response["room_name"])
    assert len(avatars) == expected_avatars(product, response["session_id"])
    await until(lambda: time.monotonic() > left_at + GRACE_S + 2, GRACE_S, "")
    assert again.disconnected_at is None, "the old grace ended the conversation"


@pytest.mark.variant
async def test_avatar_leaves_and_the_outcome_says_so_if_the_trainee_never_joins(
    product: Product,
) -> None:
    asked_at = time.monotonic()
    answer = await product.ask()
    room = answer.json()["room_name"]

    await until_answer(lambda: product.avatars(room), timeout_s=120)
    while await product.participants(room) or time.monotonic() - asked_at < 3:
        assert time.monotonic() - asked_at < 15 + SLACK_S
        await asyncio.sleep(0.1)
    await product.paid_avatars_left(room)
    assert len(await product.avatars(room)) == 1
    outcome = await product.outcome(answer.json()["session_id"])
    assert outcome["ended"]["reason"] == "trainee_never_came"
    assert (outcome["met_at"], outcome["opened_at"], outcome["mode"]) == (None, None, None)
    assert outcome["avatar_seconds"] < 17
