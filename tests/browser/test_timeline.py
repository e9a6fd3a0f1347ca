"""The timeline combines moments of endpoint, job and page, and the command shows them."""

from __future__ import annotations

import asyncio
import json
import sys

from playwright.async_api import expect

from agent.demo.processes import plain_environment
from agent.outcomes.timeline import MOMENTS
from tests.browser.conftest import OpenPage
from tests.support.page_driver import SLOW_MS, arrive
from tests.support.product import Product
from tests.support.waiting import until_answer


async def test_timeline_covers_the_start_from_the_request_to_the_first_sound(
    open_page: OpenPage, product: Product
) -> None:
    page = await open_page()
    session_id = await arrive(page, product, locale="en")
    await expect(page.get_by_text("video", exact=False).first).to_be_visible(timeout=SLOW_MS)

    async def shown(command: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "agent", command, session_id),
            env={**plain_environment(), "STATE_DIR": product.stage.environment["STATE_DIR"]},
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await asyncio.wait_for(process.communicate(), 120)
        return out.decode()

    async def moments() -> dict[str, float]:
        told = json.loads(await shown("outcome"))
        return dict(told[-1]["timeline"]["at_s"]) if told else {}

    # The first picture may come after the page's report.
    needed = set(MOMENTS) - {"page_video"}
    at_s = await until_answer(moments, lambda found: needed <= set(found), timeout_s=120)
    text = await shown("timeline")
    print(text)
    in_order = [
        # The job reads the store while it joins.
        *("page_asked", "endpoint_asked", "room_created", "job_began", "job_joined"),
        *("trainee_joined", "opening_begun", "first_sound", "page_audio"),
    ]
    # All clocks are the same, but a process may be stopped before it notes a moment. The page's
    # moments include the way of its report through the room.
    slack_s = 3
    for earlier, later in zip(in_order, in_order[1:], strict=False):
        assert at_s[earlier] <= at_s[later] + slack_s, (earlier, later, at_s)
    assert at_s["job_began"] <= at_s["store_read"] + slack_s
    assert text.count("\n") == len(at_s) + 1
    await product.end(session_id)
    assert (await product.outcome(session_id))["timeline"]["at_s"] == at_s
