"""Themes, forced colours, contrast, and the emphasis of Continue."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest
from playwright.async_api import Page

from tests.browser.gallery.conftest import set_size, show

_EDGES: Final = """() => [...document.querySelectorAll(".tg-root :is(button, input):enabled")]
    .filter((element) => getComputedStyle(element).borderTopStyle !== "none")
    .map((element) => {
        let behind = element.parentElement;
        while (getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)")
            behind = behind.parentElement;
        return [getComputedStyle(element).borderTopColor, getComputedStyle(behind).backgroundColor];
    })"""
"""The colours of the edge of each control, and of what is behind it."""


_CONTROLS_WITHOUT_EDGE: Final = """async () => {
    const found = new Set();
    for (const state of gallery.states) {
        await gallery.show({ state });
        for (const control of document.querySelectorAll(".tg-root :is(button, input, summary)"))
            if (getComputedStyle(control).borderTopStyle === "none") found.add(control.className);
    }
    return [...found];
}"""

_FAKE_SKIN: Final = (224, 169, 135)
"""`fakeVideo.ts` paints it."""


def contrast(one: str, other: str) -> float:
    """Return the contrast of two CSS colours, as WCAG defines it."""

    def luminance(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


async def test_forced_colours_keep_what_shape_and_colour_say(page: Page) -> None:
    await set_size(page, "desktop")
    await page.emulate_media(forced_colors="active")
    await show(page, "voice")
    bar, behind = await page.evaluate(
        """() => [".tg-bars i", ".tg-turn"].map((selector) =>
            getComputedStyle(document.querySelector(selector)).backgroundColor)"""
    )
    assert bar != behind, "the speaking bars cannot be seen"
    await show(page, "highlight")
    button = page.get_by_test_id("continue")
    style = await button.evaluate("button => getComputedStyle(button).borderTopStyle")
    assert style == "double", "the emphasis of Continue cannot be seen"
    await show(page, "feedback-comment")
    chosen, other = [
        await page.get_by_test_id(thumb).evaluate("e => getComputedStyle(e).backgroundColor")
        for thumb in ("thumb-up", "thumb-down")
    ]
    assert chosen != other, "the chosen thumb cannot be seen"
    assert await page.evaluate(_CONTROLS_WITHOUT_EDGE) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_edges_of_controls_have_enough_contrast(page: Page, theme: Any) -> None:
    """WCAG 1.4.11; axe-core checks only text."""
    await set_size(page, "desktop")
    await page.emulate_media(color_scheme=theme)
    for state in ("denied", "text", "unreachable"):
        await show(page, state)
        for edge, behind in await page.evaluate(_EDGES):
            assert contrast(edge, behind) >= 3, (state, edge, behind)


async def test_continue_is_emphasised_when_nothing_else_is_left_to_do(page: Page) -> None:
    states = {
        **{"completed": True, "refused": True, "highlight": True, "late": True},
        # Something else comes next, or Continue leads nowhere.
        **{"taken-over": False, "unreachable": False, "soon": False, "blocked": False},
        **{"pre-join": False, "waiting": False, "question": False},
    }
    filled = "rgb(15, 102, 92)"
    for state, emphasised in states.items():
        await show(page, state)
        button = page.get_by_test_id("continue")
        shadow = await button.evaluate("button => getComputedStyle(button).boxShadow")
        assert (shadow != "none") == emphasised, state
        background = await button.evaluate("button => getComputedStyle(button).backgroundColor")
        assert (background == filled) == emphasised, state


async def test_live_microphone_looks_live_after_the_closing_line(page: Page) -> None:
    looks = {}
    for state in ("greeting", "feedback", "read-along"):
        await show(page, state)
        button = page.get_by_test_id("mic-button")
        looks[state] = await button.evaluate("e => getComputedStyle(e).backgroundColor")
    assert looks["greeting"] == looks["feedback"] != looks["read-along"]


async def test_portrait_has_the_face_of_the_video_before_it(page: Page) -> None:
    await show(page, "greeting")
    await page.locator("[data-picture=moving]").wait_for()
    for state in ("voice", "completed"):
        await show(page, state, keep=True)
        nose = await page.locator("canvas.tg-poster").evaluate(
            "still => [...still.getContext('2d').getImageData(200, 175, 1, 1).data].slice(0, 3)"
        )
        assert nose == pytest.approx(_FAKE_SKIN, abs=12), state


async def test_theme_follows_the_browser_or_the_host(page: Page) -> None:
    background = "getComputedStyle(document.querySelector('.tg-root')).backgroundColor"
    light, dark = "rgb(243, 246, 245)", "rgb(15, 24, 23)"
    for theme, shown in (("light", light), ("dark", dark)):
        await page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        await show(page, "greeting")
        assert await page.evaluate(background) == shown
    await page.evaluate("document.body.dataset.tgTheme = 'light'")
    assert await page.evaluate(background) == light
    await page.emulate_media(color_scheme="light")
    await page.evaluate("document.body.dataset.tgTheme = 'dark'")
    assert await page.evaluate(background) == dark
