"""Nothing essential is covered, cut or out of reach, in any state, size or language."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Final

import av
import numpy as np
import pytest
from playwright.async_api import Page

from tests.browser.gallery.conftest import set_size, show

COLUMN: Final = {"column": 420, "height": "600px"}
"""A host app that gives the greeting a narrow column of a wide window."""
SIZES_AND_LOCALES: Final = (
    *((size, "en") for size in ("phone", "desktop", "zoom-400", "column")),
    *((size, "de") for size in ("phone", "phone-landscape", "tablet", "small-laptop")),
    ("small-phone", "de"),
)
"""The longer words of other languages matter where there is little room."""
PHONES: Final = ("phone", "phone-landscape", "small-phone")
_VARIANTS: Final = (
    *((size, "en") for size in ("phone-landscape", "small-laptop", "zoom-200")),
    *((size, locale) for size in PHONES for locale in ("es", "fr")),
)

LARGER_TEXT: Final = {
    "spacing": """.tg-root * {
        line-height: 1.5 !important;
        letter-spacing: 0.12em !important;
        word-spacing: 0.16em !important;
    }
    .tg-root p { margin-bottom: 2em !important; }""",
    "200-percent": ":root { font-size: 32px; }",
}
"""WCAG 1.4.12 Text Spacing, and 1.4.4 Resize Text: the text alone at 200 %."""

_CHECK: Final = Path(__file__).with_name("check_layout.js").read_text(encoding="utf-8")

_FRAMES: Final = (
    "async () => { for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame); }"
)
_IN_VIEW: Final = """(element) => {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    return [[(left + right) / 2, top + 2], [(left + right) / 2, bottom - 2]].every(([x, y]) =>
        element.contains(document.elementFromPoint(x, y)));
}"""

_LAST_LINE_IN_VIEW: Final = """() => {
    const list = document.querySelector(".tg-captions");
    return list.scrollHeight > list.clientHeight
        && list.scrollHeight - list.scrollTop - list.clientHeight < 2;
}"""


@pytest.mark.parametrize(
    ("size", "locale"),
    [*SIZES_AND_LOCALES, *(pytest.param(*each, marks=pytest.mark.variant) for each in _VARIANTS)],
)
async def test_nothing_essential_is_covered_or_out_of_reach(
    page: Page, size: str, locale: str
) -> None:
    await set_size(page, size)
    shown = {"locale": locale, **(COLUMN if size == "column" else {})}
    # Trainees can answer without scrolling, except at high zoom and on the smallest phones.
    scrolls = size.startswith("zoom") or size == "small-phone"
    problems = await page.evaluate(_CHECK, {"shown": shown, "mustBeInView": not scrolls})
    if folder := os.environ.get("KEEP_SHOTS_IN"):
        for state in await page.evaluate("gallery.states"):
            await show(page, state, **shown)
            await page.screenshot(path=str(Path(folder) / f"{state}-{size}-{locale}.png"))
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("size", ["desktop", "small-phone"])
async def test_footer_does_not_cut_the_shadow_of_the_stage(page: Page, size: str) -> None:
    await set_size(page, size)
    await show(page, "pre-join")
    stage = await page.locator(".tg-stage").bounding_box()
    button = await page.get_by_test_id("continue").bounding_box()
    assert stage
    assert button
    with av.open(io.BytesIO(await page.screenshot())) as screenshot:
        grey = next(screenshot.decode(video=0)).to_ndarray(format="gray").astype(int)
    below = round(stage["y"] + stage["height"]) + 1
    gap = grey[below : int(button["y"]), round(button["x"] + button["width"] / 2)]
    steps = np.abs(np.diff(gap))
    assert steps.any(), "there is no shadow"
    assert steps.max() <= 4, f"the shadow has an edge: {gap.tolist()}"


async def test_turn_has_at_most_two_lines_on_a_small_phone(page: Page) -> None:
    await set_size(page, "small-phone")
    for locale in ("en", "de", "es", "fr"):
        for state in ("question", "read-along"):
            await show(page, state, locale=locale)
            box = await page.locator(".tg-turn").bounding_box()
            assert box is not None
            assert box["height"] < 58, f"the turn covers the mouth of the avatar: {state}, {locale}"


async def test_header_has_one_row_on_a_desktop_that_records(page: Page) -> None:
    await page.set_viewport_size({"width": 1280, "height": 800})
    for locale in ("en", "de", "es"):
        await show(page, "recording", locale=locale)
        status = await page.get_by_test_id("status").bounding_box()
        options = await page.get_by_test_id("options").bounding_box()
        assert status
        assert options
        assert options["y"] < status["y"] + status["height"], f"options wrap, {locale}"


@pytest.mark.parametrize("text", LARGER_TEXT)
async def test_page_has_room_for_text_that_the_trainee_enlarges(page: Page, text: str) -> None:
    style = await page.add_style_tag(content=LARGER_TEXT[text])
    try:
        for size in ("phone", "small-laptop"):
            await set_size(page, size)
            options = {"shown": {}, "mustBeInView": False, "largerText": True}
            problems = await page.evaluate(_CHECK, options)
            assert not problems, "\n".join([size, *problems])
    finally:
        await style.evaluate("style => style.remove()")


async def test_rules_of_a_hosts_framework_do_not_change_the_options(page: Page) -> None:
    await set_size(page, "desktop")
    await show(page, "greeting", locale="en")
    await page.get_by_test_id("options-button").click()
    legend = page.locator(".tg-sizes legend")
    looks = "e => { const s = getComputedStyle(e); return [s.float, s.width, s.font] }"
    before = await legend.evaluate(looks)
    bootstrap = "legend { float: left; width: 100%; font-size: calc(1.275rem + 0.3vw) }"
    style = await page.add_style_tag(content=bootstrap)
    try:
        assert await legend.evaluate(looks) == before
    finally:
        await style.evaluate("style => style.remove()")


async def test_text_from_right_to_left_mirrors_the_page(page: Page) -> None:
    await set_size(page, "phone")
    problems = await page.evaluate(_CHECK, {"shown": {"locale": "ar"}, "mustBeInView": True})
    assert not problems, "\n".join(problems)
    await show(page, "greeting", locale="ar")
    root = page.get_by_test_id("avatar-greeting")
    assert await root.get_attribute("dir") == "rtl"
    # A line keeps the direction of its own language.
    line = page.locator(".tg-line").first
    assert await line.get_attribute("lang") == "en"
    assert await line.evaluate("line => getComputedStyle(line).direction") == "ltr"
    continue_box = await page.get_by_test_id("continue").bounding_box()
    microphone = await page.get_by_test_id("mic-button").bounding_box()
    assert continue_box is not None
    assert microphone is not None
    assert microphone["x"] > continue_box["x"], "the microphone is not on the right"


@pytest.mark.parametrize("size", ["phone-landscape", "zoom-200", "desktop"])
async def test_stage_beside_the_conversation_is_never_empty(page: Page, size: str) -> None:
    await set_size(page, size)
    await show(page, "text", locale="de")
    portrait = await page.get_by_test_id("portrait").bounding_box()
    assert portrait is not None, "there is no portrait"
    assert portrait["height"] > 50
    assert await page.get_by_test_id("ai-label").evaluate(_IN_VIEW)


async def test_stage_above_the_conversation_has_no_gap_in_text_mode(page: Page) -> None:
    for size in ("phone", "zoom-400"):
        await set_size(page, size)
        await show(page, "text")
        stage, turn = [
            await page.locator(part).bounding_box() for part in (".tg-stage", ".tg-turn")
        ]
        assert stage
        assert turn
        assert turn["y"] - stage["y"] < 20, size


async def test_last_line_stays_in_view_when_the_phone_is_turned(page: Page) -> None:
    for first, then in (("phone", "phone-landscape"), ("phone-landscape", "phone")):
        await set_size(page, first)
        await show(page, "continue")
        await set_size(page, then)
        await page.wait_for_function(_LAST_LINE_IN_VIEW)


async def test_last_line_stays_in_view_when_the_trainee_enlarges_the_captions(page: Page) -> None:
    await set_size(page, "desktop")
    await show(page, "continue")
    await page.get_by_test_id("options-button").click()
    try:
        for text_size in ("large", "largest"):
            await page.get_by_test_id(f"size-{text_size}").click()
            await page.evaluate(_FRAMES)
            await page.wait_for_function(_LAST_LINE_IN_VIEW)
    finally:
        await page.get_by_test_id("size-normal").click()


@pytest.mark.parametrize("size", ["phone", "phone-landscape"])
async def test_comment_and_thanks_are_in_view_after_a_thumb(page: Page, size: str) -> None:
    await set_size(page, size)
    for state in ("feedback", "highlight", "feedback-after-end"):
        await show(page, state)
        await page.get_by_test_id("thumb-up").click()
        # Before the list has followed.
        await page.get_by_test_id("feedback-comment").focus()
        await page.get_by_text("Thank you for your feedback!").wait_for()
        await page.evaluate(_FRAMES)
        for part in ("feedback-comment", "feedback-send", "feedback-status"):
            element = page.get_by_test_id(part)
            shown = await element.evaluate(_IN_VIEW)
            assert shown, f"{part} is out of view in {state}"
    # What was written stays when the room closes.
    await show(page, "feedback")
    await page.get_by_test_id("thumb-up").click()
    await page.get_by_test_id("feedback-comment").fill("Kind")
    await show(page, "feedback-after-end", keep=True)
    assert await page.get_by_test_id("feedback-comment").input_value() == "Kind"
    await show(page, "no-feedback")
    assert await page.get_by_test_id("feedback").count() == 0, "a form whose feedback is not kept"
