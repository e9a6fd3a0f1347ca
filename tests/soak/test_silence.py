"""A silent trainee, with the real waiting times; `tests/unit/test_behaviours_closing.py` has the
rest."""

from __future__ import annotations

import time

from tests.support.conversation import FORKLIFT, wait_for_opening
from tests.support.product import Product
from tests.support.shipped_scripts import shipped_script
from tests.support.waiting import until


async def test_silent_trainee_gets_a_check_in_and_then_the_closing_line(product: Product) -> None:
    client, response, _ = await product.enter(**FORKLIFT)
    await wait_for_opening(client)
    guide, script = client.agent.identity, shipped_script(**FORKLIFT)
    await client.silence()
    quiet_since = time.monotonic()
    await until(lambda: script.check_in in client.said(guide), 60, "no check-in")
    # Twenty seconds of silence, of which this test may have noticed the beginning late.
    assert time.monotonic() - quiet_since > 15
    await until(lambda: script.closing in client.said(guide), 60, "no closing line")
    await until(lambda: client.disconnected_at is not None, 60, "the greeting was not ended")
    assert client.said(guide).count(script.check_in) == 1
    outcome = await product.outcome(response["session_id"])
    assert outcome["ended"]["reason"] == "silent"
    assert {answer["status"] for answer in outcome["answers"].values()} == {"open"}
