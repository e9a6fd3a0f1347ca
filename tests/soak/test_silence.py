"""A silent trainee, with the real waiting times; `tests/unit/test_behaviours_closing.py` has the
rest."""

from __future__ import annotations

import time

from tests.integration.test_conversation import CLOSING, FORKLIFT
from tests.integration.test_greeting import the_opening
from tests.support.product import Product
from tests.support.waiting import until


async def test_silent_trainee_gets_a_check_in_and_then_the_closing_line(product: Product) -> None:
    client, response, _ = await product.enter(**FORKLIFT)
    await the_opening(client)
    guide = client.agent.identity
    await client.silence()
    quiet_since = time.monotonic()
    await until(lambda: "I'm still here" in client.said(guide), 40, "no check-in")
    # The caption is final after the line: twenty seconds of silence, and the line itself.
    assert time.monotonic() - quiet_since > 18
    await until(lambda: CLOSING in client.said(guide), 45, "no closing line")
    await until(lambda: client.disconnected_at is not None, 20, "the greeting was not ended")
    assert client.said(guide).count("I'm still here") == 1
    outcome = await product.outcome(response["session_id"])
    assert outcome["ended"]["reason"] == "silent"
    assert {answer["status"] for answer in outcome["answers"].values()} == {"open"}
