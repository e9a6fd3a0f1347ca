"""axe-core finds nothing, the keyboard reaches every control, and the focus is never lost."""

from __future__ import annotations

from typing import Any, Final

import pytest
from playwright.async_api import Page, expect

from tests.browser.gallery.conftest import set_size, show

_AXE: Final = """async (runOnly) => {
    const problems = [];
    for (const state of gallery.states) {
        await gallery.show({ state });
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        const named = document.querySelectorAll("[aria-label]:not([role=img])");
        const names = [...named].map(({ ariaLabel }) => ariaLabel);
        if (new Set(names).size < names.length) problems.push(`${state}: one name twice: ${names}`);
        const options = { resultTypes: ["violations"], ...(runOnly && { runOnly }) };
        const { violations } = await gallery.axe.run(document, options);
        for (const { id, impact, nodes } of violations)
            for (const { html } of nodes) problems.push(`${state}: ${id} (${impact}) ${html}`);
    }
    return problems;
}"""

_DENY_MICROPHONE: Final = """() => {
    navigator.mediaDevices.getUserMedia =
        () => Promise.reject(new DOMException("denied", "NotAllowedError"));
}"""
_METER_MOVES: Final = "document.querySelector('[data-testid=mic-level]')?.dataset.moving === 'true'"

_FOCUSED: Final = """() => {
    const { tagName, dataset, className } = document.activeElement;
    return dataset.testid ?? (className || tagName);
}"""

_FOCUSED_IS_ON_TOP: Final = """() => {
    const { x, y, width, height } = document.activeElement.getBoundingClientRect();
    const top = document.elementFromPoint(x + width / 2, y + height / 2);
    return document.activeElement.contains(top);
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
    await show(page, "requesting")
    assert await focused() == "tg-stage"

    # While the browser asks, the switch of the microphone cannot be used, but keeps the focus.
    await show(page, "denied")
    await page.get_by_test_id("mic-button").focus()
    for state in ("greeting-first", "greeting", "lost"):
        await change_to(state)
        assert await focused() == "mic-button", state

    # The page does not take the focus from elsewhere.
    await show(page, "waiting")
    await page.evaluate("document.activeElement.blur()")
    for state in ("greeting", "completed"):
        await change_to(state)
        assert await focused() == "BODY", state


async def test_microphone_check_keeps_the_focus_and_is_announced(page: Page) -> None:
    await show(page, "pre-join")
    await page.evaluate(_DENY_MICROPHONE)
    check = page.get_by_test_id("mic-check")
    note = check.get_by_role("status")
    await page.get_by_test_id("try-microphone").focus()
    await page.keyboard.press("Enter")
    await expect(check).to_have_attribute("data-status", "denied")
    await expect(note).to_contain_text("Microphone blocked")
    assert await page.evaluate(_FOCUSED) == "try-microphone"

    await page.evaluate("delete navigator.mediaDevices.getUserMedia")
    await page.keyboard.press("Enter")
    # The level meter replaces the button.
    await expect(note).to_have_text("Say something: the bars should move.")
    await expect(check).to_be_focused()
    device = page.get_by_test_id("mic-device")
    await device.focus()
    await device.select_option(index=1)
    await page.wait_for_function(_METER_MOVES)
    await expect(device).to_be_focused()


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
        # Tab goes on from what is before the greeting.
        await page.get_by_role("main").evaluate("main => { main.tabIndex = -1; main.focus(); }")
        reached = []
        for _ in controls:
            await page.keyboard.press("Tab")
            reached.append(await page.evaluate(_FOCUSED))
            outline = "getComputedStyle(document.activeElement).outlineStyle"
            assert await page.evaluate(outline) != "none", f"{reached[-1]} shows no focus"
        assert reached == controls, state

    # The panel of the options covers the page, so it closes when the focus goes on.
    await set_size(page, "phone")
    await show(page, "greeting")
    await page.get_by_test_id("options-button").click()
    controls = ["name-input", "name-save", "size-normal", "size-large", "size-largest", "captions"]
    for control in controls:
        await page.keyboard.press("Tab")
        assert await page.evaluate(_FOCUSED) == control
        assert await page.evaluate(_FOCUSED_IS_ON_TOP), f"{control} is covered"
    await expect(page.get_by_test_id("name-input")).to_be_hidden()
    await page.get_by_test_id("options-button").click()
    await page.get_by_test_id("captions").click()
    await expect(page.get_by_test_id("name-input")).to_be_hidden()
