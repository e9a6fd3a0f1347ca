"""A dead voice, a dead model: another answers, and where none does the words are read."""

from __future__ import annotations

import time

import pytest

from tests.integration.test_greeting import the_opening
from tests.support.product import Product
from tests.support.waiting import until

REFUSED_S = 3.0
SLACK_S = 3.0


async def test_where_no_voice_answers_the_greeting_is_read_and_no_avatar_is_paid(
    product: Product,
) -> None:
    await product.here.stand_ins.faults("tts:401")
    client, ticket, asked_at = await product.enter(consent={"transcript": True})
    opening = await the_opening(client)
    assert time.monotonic() - asked_at < REFUSED_S + SLACK_S
    assert opening.startswith("Hello Ada")
    await until(lambda: client.agent.attributes["greeting.mode"] == "text", 5, "no new mode")
    assert client.agent.attributes["greeting.mode_reason"] == "speech_failed"
    await product.paid_avatars_left(ticket["room_name"], within_s=5)
    await client.type("How long does the video take?")
    guide = client.agent.identity
    await until(
        lambda: "video" in client.said(guide).split("What would you like to know?")[-1],
        20,
        "no answer to read",
    )
    await client.press_continue()
    outcome = await product.outcome(ticket["session_id"])
    assert outcome["mode"] == "text"
    assert {fault["part"] for fault in outcome["faults"]} == {"tts"}
    log = (product.logs / "worker.log").read_text()
    assert "no voice answers, going on in writing: check DEEPGRAM_API_KEY" in log


@pytest.mark.parametrize("fault", ["tts:401x1", "tts:dropx1"])
async def test_where_a_voice_fails_another_speaks_the_whole_opening(
    product: Product, fault: str
) -> None:
    await product.here.stand_ins.faults(fault)
    client, _, _ = await product.enter()
    await client.hears(after=0)
    await the_opening(client)
    await client.silence()
    assert client.agent.attributes["greeting.mode"] == "avatar"
    assert client.avatar is not None
    loud_at = client.audio[client.avatar.identity].loud_at
    assert loud_at[-1] - loud_at[0] > 5


async def test_where_a_model_fails_another_answers(product: Product) -> None:
    client, ticket, _ = await product.enter()
    await the_opening(client)
    await client.silence()
    await product.here.stand_ins.faults("llm:500x1")
    await client.type("How long does the video take?")
    guide = client.agent.identity
    await until(
        lambda: "short" in client.said(guide).split("What would you like to know?")[-1],
        20,
        "no answer",
    )
    assert "sorry" not in client.said(guide)
    calls = await product.here.stand_ins.calls("llm")
    models = {call["detail"]["model"] for call in calls if call["call"].startswith("POST")}
    assert models == {"gemini-3.5-flash-lite", "gemini-2.5-flash-lite"}
