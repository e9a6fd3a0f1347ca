"""A TTS or an LLM fails: the fallback is used, and without any TTS the greeting is text."""

from __future__ import annotations

import time

from tests.support.conversation import (
    LONG_LINE,
    attribute,
    events_of,
    says,
    wait_for_end_of_opening,
    wait_for_opening,
)
from tests.support.product import Product
from tests.support.shipped_scripts import after_opening, shipped_script
from tests.support.waiting import until

REFUSED_S = 3.0
SLACK_S = 9.0


async def test_greeting_continues_in_text_without_an_avatar_if_every_tts_fails(
    product: Product,
) -> None:
    await product.providers.faults("tts:401")
    client, response, asked_at = await product.enter(consent={"transcript": True})
    opening = await wait_for_opening(client)
    assert time.monotonic() - asked_at < REFUSED_S + SLACK_S
    assert opening == shipped_script().opening
    await until(lambda: attribute(client, "greeting.mode") == "text", 60, "no new mode")
    assert attribute(client, "greeting.mode_reason") == "speech_failed"
    await product.paid_avatars_left(response["room_name"])
    await client.type("How long does the video take?")
    await until(lambda: "video" in after_opening(client.agent_said), 60, "no answer to read")
    await client.press_continue()
    outcome = await product.outcome(response["session_id"])
    assert outcome["mode"] == "text"
    assert "tts" in {fault["part"] for fault in outcome["faults"]}
    assert "no_voice_left" in events_of(product, response["session_id"])


async def test_fallback_llm_answers(product: Product) -> None:
    client, response, _ = await product.enter()
    await wait_for_end_of_opening(client)
    await client.silence()
    await product.providers.faults("llm:500x1")
    await client.type("How long does the video take?")
    await until(lambda: "short" in after_opening(client.agent_said), 60, "no answer")
    assert shipped_script().apology not in client.agent_said
    calls = await product.providers.calls("llm")
    models = {call["detail"]["model"] for call in calls if call["call"].startswith("POST")}
    assert models >= {"gemini-3.5-flash-lite", "gemini-2.5-flash-lite"}


async def test_answer_is_completed_in_text_if_every_voice_breaks_off(product: Product) -> None:
    client, response, _ = await product.enter()
    await wait_for_end_of_opening(client)
    await product.providers.faults("tts:drop=0.7")
    await product.providers.script(says(LONG_LINE))
    await client.type("How does it go on?")
    await until(lambda: attribute(client, "greeting.mode") == "text", 60, "no new mode")
    await until(lambda: LONG_LINE in after_opening(client.agent_said), 60, "no answer to read")
    assert "no_voice_left" in events_of(product, response["session_id"])
