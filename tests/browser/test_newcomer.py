"""A newcomer who only taps: the pre-join screen, the buttons for answers, and the feedback."""

from __future__ import annotations

import secrets
import time

import jwt
from playwright.async_api import expect

from tests.browser.conftest import OpenPage
from tests.support.page_driver import SLOW_MS, screenshot
from tests.support.product import Product


async def test_page_guides_a_newcomer_who_only_taps(product: Product, open_page: OpenPage) -> None:
    page = await open_page(microphone_denied=True)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    session_id = secrets.token_hex(4)
    claims = {
        "sub": "t",
        "exp": int(time.time()) + 600,
        "session_id": session_id,
        "trainee": {"name": "Ada"},
        "locale": "en",
        "consent": {"transcript": True},
        "continue_url": f"{product.stage.url}/video",
    }
    token = jwt.encode(claims, product.stage.environment["PLATFORM_JWT_SECRET"])
    cookie = {"name": f"jwt-{session_id}", "value": token, "url": product.stage.url}
    await page.context.add_cookies([cookie])  # type: ignore[list-item]
    await page.goto(f"{product.stage.url}/greeting?session_id={session_id}&pre_join=on")

    await expect(page.get_by_test_id("plan")).to_contain_text("2 short questions")
    await expect(page.get_by_test_id("pre-join")).to_contain_text("Maya")
    await screenshot(page, "pre-join")
    # The microphone is denied, so Start goes on without it.
    await page.get_by_test_id("try-microphone").click()
    await expect(page.get_by_test_id("start")).to_have_text("Start without microphone")
    await page.get_by_test_id("start").click()

    # The opening asks the first question.
    turn = page.get_by_test_id("guide-activity")
    await expect(page.get_by_test_id("question")).to_be_visible(timeout=SLOW_MS)
    await expect(turn).to_have_attribute("data-turn", "trainee")
    await expect(page.get_by_test_id("question-progress")).to_contain_text("Question 1 of 2")
    await screenshot(page, "your-turn")
    await page.get_by_test_id("options").locator("summary").click()
    await page.get_by_test_id("name-input").fill("zoë")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Zoë")
    await page.get_by_test_id("size-large").click()
    await page.keyboard.press("Escape")

    await page.get_by_role("button", name="Yes", exact=True).click()
    await expect(page.get_by_test_id("question-progress")).to_contain_text("Question 2 of 2")
    await page.get_by_test_id("chip-skip").click(timeout=SLOW_MS)
    await page.get_by_test_id("chip-finish").click(timeout=SLOW_MS)

    await page.get_by_test_id("thumb-up").click(timeout=SLOW_MS)
    await screenshot(page, "feedback")
    await page.get_by_test_id("feedback-comment").fill("Very kind")
    await page.get_by_test_id("continue").click()
    await page.wait_for_url("**/video")

    outcome = await product.outcome(session_id)
    assert errors == []
    assert outcome["feedback"]["helpful"] is True
    assert outcome["feedback"]["comment"] == "Very kind"
    statuses = [(each["status"], each["value"]) for each in outcome["answers"].values()]
    assert statuses == [("answered", True), ("declined", None)]
    assert "Zoë" in outcome["transcript"][-1]["text"], "the closing line has the chosen name"
