"""axe-core finds nothing, the keyboard reaches every control, and the focus is never lost."""

from __future__ import annotations

from typing import Any, Final

import pytest
from playwright.async_api import Page

from tests.browser.gallery.conftest import set_size, show

_AXE: Final = """async (runOnly) => {
    const problems = [];
    for (const state of gallery.states) {
        gallery.show({ state });
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        const options = { resultTypes: ["violations"], ...(runOnly && { runOnly }) };
        const { violations } = await gallery.axe.run(document, options);
        for (const { id, impact, nodes } of violations)
            for (const { html } of nodes) problems.push(`${state}: ${id} (${impact}) ${html}`);
    }
    return problems;
}"""

_FOCUSED: Final = """() => {
    const { tagName, dataset, className } = document.activeElement;
    return dataset.testid ?? (className || tagName);
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing_in_any_state(page: Page, theme: Any) -> None:
    await set_size(page, "desktop")
    await page.emulate_media(color_scheme=theme)
    # The theme changes nothing but colours.
    problems = await page.evaluate(_AXE, ["color-contrast"] if theme == "dark" else None)
    assert not problems, "\n".join(problems)


async def test_focus_stays_in_the_greeting_after_every_action(page: Page) -> None:
    await set_size(page, "desktop")

    async def focused() -> str:
        return str(await page.evaluate(_FOCUSED))

    async def change_to(state: str) -> None:
        await show(page, state, keep=True)
        await page.evaluate("() => new Promise(requestAnimationFrame)")

    # The sound button is gone once the sound plays.
    await show(page, "blocked")
    await page.get_by_test_id("tap-to-hear").focus()
    await change_to("voice")
    assert await focused() == "tg-stage"

    # Send keeps the focus in the field, by mouse and by keyboard.
    await show(page, "greeting")
    field = page.get_by_test_id("chat-input")
    await field.fill("Hello")
    await page.get_by_test_id("chat-send").click()
    assert await focused() == "chat-input"
    assert await field.input_value() == ""

    # While the connection is interrupted or the agent is gone, the draft and the focus stay.
    await field.fill("A long answer")
    for state in ("reconnecting", "lost", "greeting"):
        await change_to(state)
        assert await focused() == "chat-input", state
        assert await field.input_value() == "A long answer", state

    # At the end, the heading of the ending takes the focus from what is gone, and shows the draft.
    await change_to("completed")
    assert await focused() == "H2"
    assert "A long answer" in await page.get_by_test_id("unsent").inner_text()
    await show(page, "greeting")
    await page.get_by_test_id("mic-button").focus()
    await change_to("completed")
    assert await focused() == "H2"
    # The button is gone once the recording has stopped, and the page says so.
    await show(page, "recording")
    await page.get_by_test_id("stop-recording").click()
    await change_to("greeting")
    assert await focused() == "tg-stage"
    note = await page.get_by_test_id("recording").inner_text()
    assert note == "The recording was stopped and deleted."
    # Continue is still there and keeps it; the ending is announced.
    await show(page, "greeting")
    await page.get_by_test_id("continue").focus()
    await change_to("completed")
    assert await focused() == "continue"
    announced = await page.get_by_test_id("announcer").inner_text()
    assert "Your training is ready" in announced
    assert "Thank you for the conversation" in announced

    # "Try again" is replaced by a new attempt.
    await show(page, "unreachable")
    await page.get_by_test_id("try-again").focus()
    await show(page, "requesting", takesFocus=True)
    assert await focused() == "tg-stage"

    # The page does not take the focus from elsewhere.
    await show(page, "waiting")
    await page.evaluate("document.activeElement.blur()")
    for state in ("greeting", "completed"):
        await change_to(state)
        assert await focused() == "BODY", state


async def test_every_control_is_reached_with_the_tab_key(page: Page) -> None:
    await set_size(page, "desktop")
    expected = {
        "greeting": [
            *("options-button", "captions", "chip-repeat", "chip-slower"),
            *("chat-input", "chat-send", "mic-button", "continue"),
        ],
        "blocked": [
            *("options-button", "tap-to-hear", "read-along", "captions"),
            *("chat-input", "chat-send", "mic-button", "continue"),
        ],
        "pre-join": [
            *("try-microphone", "start", "start-without-microphone", "start-without-sound"),
            "continue",
        ],
        "unreachable": ["try-again", "continue"],
        "completed": ["captions", "continue"],
    }
    for state, controls in expected.items():
        await show(page, state)
        await page.evaluate("document.activeElement.blur()")
        reached = []
        for _ in controls:
            await page.keyboard.press("Tab")
            reached.append(await page.evaluate(_FOCUSED))
            outline = "getComputedStyle(document.activeElement).outlineStyle"
            assert await page.evaluate(outline) != "none", f"{reached[-1]} shows no focus"
        assert reached == controls, state
