"""Turns of a conversation: the end that Flux reports, and speech recognition that fails."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.support.conversation import events_of, wait_for_end_of_opening
from tests.support.livekit_client import LiveKitClient
from tests.support.product import Product


async def ready(product: Product, session_id: str) -> LiveKitClient:
    """A client in a greeting whose opening is over."""
    client, _, _ = await product.enter(session_id=session_id)
    await wait_for_end_of_opening(client)
    await client.silence()
    return client


async def calls_of(product: Product, provider: str, since: float) -> list[dict[str, Any]]:
    calls = await product.providers.calls(provider)
    return [call for call in calls if call["at"] >= since]


async def test_flux_ends_a_turn_and_the_reply_has_begun_before(
    product: Product, recordings: dict[str, Path]
) -> None:
    # Otherwise a busy machine may ask the model after the end of the turn.
    await product.providers.faults("stt:slow=4")
    began = time.time()
    client = await ready(product, "eager")
    said_until = await client.say_until_recognised(recordings["clone-test"], "america")
    await client.hears(after=said_until + 0.2)
    listening = [
        call for call in await calls_of(product, "stt", began) if "final_at" in call["detail"]
    ][0]
    assert listening["call"] == "WS /v2/listen"
    assert "Ada" in listening["detail"]["keyterms"]
    models = await calls_of(product, "llm", began)
    asked = [call for call in models if "america" in call["detail"].get("asked", "").lower()]
    assert asked[0]["at"] < listening["detail"]["final_at"]


async def test_gemini_recognises_speech_if_deepgram_refuses(
    product: Product, recordings: dict[str, Path]
) -> None:
    await product.providers.faults("stt:401")
    client = await ready(product, "refused")
    said_until = await client.say_until_recognised(recordings["clone-test"], "america")
    assert "stt_failed_over" in events_of(product, "refused")
    await client.hears(after=said_until + 0.2)
    await client.press_continue()
    outcome = await product.outcome("refused")
    assert ("stt", 401) in {(fault["part"], fault["status"]) for fault in outcome["faults"]}


async def test_gemini_recognises_speech_for_which_deepgram_sent_no_words(
    product: Product, recordings: dict[str, Path]
) -> None:
    await product.providers.faults("stt:half-open")
    client = await ready(product, "silent")
    said_until = await client.say_until_recognised(recordings["clone-test"], "america")
    await client.hears(after=said_until + 0.2)
    assert "stt_second_asked" in events_of(product, "silent")
