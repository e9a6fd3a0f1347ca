"""Every main state of the page in Chromium, without LiveKit: `web/src/gallery`.

A few seconds for all states in all sizes, so these tests find what covers what, what axe-core
reports, and where the focus goes. The tests with the whole product are in the other files.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Error, Page, async_playwright

from agent.demo.page import WEB
from agent.demo.tools import run_tool
from tests.browser.chromium import find_chromium

SIZES: Final = {
    "phone": (360, 640),
    "phone-landscape": (740, 360),
    "small-laptop": (1024, 600),
    "desktop": (1180, 760),
    "zoom-200": (640, 512),
    "zoom-400": (320, 256),
    "column": (1180, 760),
}
"""A window of 1280 × 1024 has `zoom-200` and `zoom-400` left at these zooms."""
COLUMN: Final = {"column": 420, "height": "600px"}
"""A host app that gives the greeting a narrow column of a wide window."""
ORDINARY: Final = (
    *("greeting", "listening", "question", "question-by-voice", "voice", "text", "blocked"),
    *("denied", "reconnecting", "requesting", "waiting", "late", "lost", "soon", "completed"),
    *("read-along", "slow", "no-more-questions", "recording", "highlight"),
)
"""Nobody has to scroll to answer in these states, except at high zoom."""

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

_ORIGIN: Final = "http://gallery.test"

_CHECK: Final = """async ({ shown, mustBeInView }) => {
    const problems = [];
    const frames = async (count) => {
        while (count-- > 0) await new Promise(requestAnimationFrame);
    };
    const named = (id) => document.querySelector(`[data-testid="${id}"]`);
    const visible = (element) => element !== null && element.getClientRects().length > 0;
    /** The buttons below the last caption repeat its question. */
    const question = () => document.querySelector(".tg-question");
    const essential = () => [
        ["the last caption", [...document.querySelectorAll(".tg-line")].at(-1) ?? null],
        ["the question", question()],
        ...["chat-input", "chat-send", "continue", "mic-button", "tap-to-hear", "read-along",
            "sound-on", "stop-recording", "try-again", "start", "start-without-microphone",
            "start-without-sound", "try-microphone", "chip-finish", "thumb-up", "thumb-down",
            "options-button"].map((id) => [id, named(id)]),
    ].filter(([, element]) => visible(element));
    /** Where an element is hidden: behind another one, or outside of the window. */
    const hiddenAt = (element) => {
        const { left, right, top, bottom, width, height } = element.getBoundingClientRect();
        const inset = Math.min(6, height / 4);
        const isLine = element.matches(".tg-line, .tg-question");
        const points = [[left + width / 2, bottom - inset]];
        if (!isLine) {
            points.push([left + width / 2, top + inset], [left + 12, top + height / 2]);
            points.push([right - 12, top + height / 2]);
        }
        return points.filter(([x, y]) => {
            const hit = document.elementFromPoint(x, y);
            return hit === null || !element.contains(hit);
        });
    };
    const boxOf = (selector) => {
        const element = document.querySelector(selector);
        return visible(element) ? element.getBoundingClientRect() : undefined;
    };
    for (const state of gallery.states) {
        const report = (text) => problems.push(`${state}: ${text}`);
        gallery.show({ state, ...shown });
        await frames(2);
        const root = document.querySelector(".tg-root");
        for (const one of [root, document.documentElement]) {
            if (one.scrollWidth > one.clientWidth) report("scrolls sideways");
        }
        if (document.documentElement.scrollHeight > innerHeight) report("is higher than its box");

        if (mustBeInView.includes(state)) {
            for (const [name, element] of essential()) {
                if (name === "the last caption" && question() !== null) continue;
                if (hiddenAt(element).length > 0) report(`${name} is out of view`);
            }
        }
        for (const [name, element] of essential()) {
            element.scrollIntoView({ block: name === "the last caption" ? "end" : "nearest" });
            const at = hiddenAt(element);
            if (at.length > 0) report(`${name} is covered or out of reach at ${at}`);
            const { width, height } = element.getBoundingClientRect();
            if (element.matches("button, input") && (width < 44 || height < 44))
                report(`${name} is a small target: ${width} × ${height}`);
            if (element.matches("button") && element.scrollWidth > element.clientWidth)
                report(`the text of ${name} is cut`);
        }

        for (const element of root.querySelectorAll("*")) {
            const { overflowX } = getComputedStyle(element);
            // Only a long name is shortened, on a small screen.
            if (["visible", "auto"].includes(overflowX) || element.matches("h1, input")) continue;
            if (element.closest(".tg-visually-hidden, .tg-words, svg, video, .tg-avatar")) continue;
            const { scrollWidth, clientWidth, scrollHeight, clientHeight } = element;
            if (scrollWidth > clientWidth + 1 || scrollHeight > clientHeight + 1)
                report(`${element.className} is cut`);
        }

        const portrait = boxOf(".tg-portrait");
        if (portrait && (Math.abs(portrait.width - portrait.height) > 1 || portrait.width < 40))
            report(`the portrait is ${portrait.width} × ${portrait.height}`);
        const video = boxOf(".tg-video");
        if (video && (video.width < 120 || video.height < 90))
            report(`the video is ${video.width} × ${video.height}`);
        const pairs = [
            [".tg-mode-note", ".tg-portrait svg"],
            [".tg-turn", ".tg-mode-note"],
            [".tg-turn", ".tg-portrait svg"],
            [".tg-ai-label", ".tg-turn"],
            [".tg-ai-label", ".tg-tap button"],
            [".tg-sound-on", ".tg-ai-label"],
            [".tg-sound-on", ".tg-turn"],
            [".tg-continue-line", ".tg-continue"],
            [".tg-mic-note", ".tg-continue"],
            [".tg-mic-note", ".tg-mic"],
        ];
        for (const [one, other] of pairs) {
            const [a, b] = [boxOf(one), boxOf(other)];
            if (!a || !b || a.width === 0) continue;
            const apart = a.right <= b.left || b.right <= a.left
                || a.bottom <= b.top || b.bottom <= a.top;
            if (!apart) report(`${one} lies over ${other}`);
        }
    }
    return problems;
}"""

_AXE: Final = """async () => {
    const problems = [];
    for (const state of gallery.states) {
        gallery.show({ state });
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        const { violations } = await gallery.axe.run(document, { resultTypes: ["violations"] });
        for (const { id, impact, nodes } of violations)
            for (const { html } of nodes) problems.push(`${state}: ${id} (${impact}) ${html}`);
    }
    return problems;
}"""

_FRAMES: Final = (
    "async () => { for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame); }"
)
_IN_VIEW: Final = """(element) => {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    return [[(left + right) / 2, top + 2], [(left + right) / 2, bottom - 2]].every(([x, y]) =>
        element.contains(document.elementFromPoint(x, y)));
}"""

_FOCUSED: Final = """() => {
    const { tagName, dataset, className } = document.activeElement;
    return dataset.testid ?? (className || tagName);
}"""


_EDGES: Final = """() => [...document.querySelectorAll(".tg-root :is(button, input):enabled")]
    .filter((element) => getComputedStyle(element).borderTopStyle !== "none")
    .map((element) => {
        let behind = element.parentElement;
        while (getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)")
            behind = behind.parentElement;
        return [getComputedStyle(element).borderTopColor, getComputedStyle(behind).backgroundColor];
    })"""
"""The colours of the edge of each control, and of what is behind it."""


def contrast(one: str, other: str) -> float:
    """Return the contrast of two CSS colours, as WCAG defines it."""

    def luminance(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture(scope="module")
async def gallery(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Page]:
    """Build the gallery and open it."""
    npx = shutil.which("npx")
    assert npx, "the browser tests need npm"
    built = tmp_path_factory.mktemp("gallery")
    build = ("vite", "build", "--mode", "gallery", "--outDir", str(built), "--logLevel", "error")
    await run_tool("building the gallery", npx, *build, say=print, timeout_s=120, cwd=WEB)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        # While something moves, it is not where it will be.
        page = await chromium.new_page(reduced_motion="reduce")
        await page.route(
            f"{_ORIGIN}/**",
            lambda route: route.fulfill(path=built / route.request.url.removeprefix(f"{_ORIGIN}/")),
        )
        await page.goto(f"{_ORIGIN}/gallery.html")
        await page.wait_for_function("window.gallery !== undefined")
        yield page
        await chromium.close()


@pytest.fixture
async def page(gallery: Page) -> AsyncIterator[Page]:
    """Return the open gallery in the light theme; no error of the page may stay uncaught."""
    errors: list[str] = []

    def on_error(error: Error) -> None:
        errors.append(str(error))

    await gallery.emulate_media(color_scheme="light", forced_colors="none")
    await gallery.evaluate("delete document.body.dataset.tgTheme")
    gallery.on("pageerror", on_error)
    yield gallery
    gallery.remove_listener("pageerror", on_error)
    assert errors == []


async def set_size(page: Page, name: str) -> None:
    width, height = SIZES[name]
    await page.set_viewport_size({"width": width, "height": height})


async def show(page: Page, state: str, **options: Any) -> None:
    await page.evaluate("shown => gallery.show(shown)", {"state": state, **options})


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_essential_is_covered_or_out_of_reach(page: Page, size: str) -> None:
    await set_size(page, size)
    zoomed = size.startswith("zoom")
    problems = await page.evaluate(
        _CHECK,
        {
            "shown": COLUMN if size == "column" else {},
            "mustBeInView": [] if zoomed else ORDINARY,
        },
    )
    if folder := os.environ.get("KEEP_SHOTS_IN"):
        for state in await page.evaluate("gallery.states"):
            await show(page, state, **(COLUMN if size == "column" else {}))
            await page.screenshot(path=str(Path(folder) / f"{state}-{size}.png"))
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("text", LARGER_TEXT)
async def test_page_has_room_for_text_that_the_trainee_enlarges(page: Page, text: str) -> None:
    style = await page.add_style_tag(content=LARGER_TEXT[text])
    try:
        for size in ("phone", "small-laptop"):
            await set_size(page, size)
            problems = await page.evaluate(_CHECK, {"shown": {}, "mustBeInView": []})
            assert not problems, "\n".join([size, *problems])
    finally:
        await style.evaluate("style => style.remove()")


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing_in_any_state(page: Page, theme: Any) -> None:
    await set_size(page, "desktop")
    await page.emulate_media(color_scheme=theme)
    problems = await page.evaluate(_AXE)
    assert not problems, "\n".join(problems)


async def test_text_from_right_to_left_mirrors_the_page(page: Page) -> None:
    await set_size(page, "phone")
    problems = await page.evaluate(
        _CHECK, {"shown": {"locale": "ar"}, "mustBeInView": list(ORDINARY)}
    )
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


async def test_last_line_stays_in_view_when_the_phone_is_turned(page: Page) -> None:
    for first, then in (("phone", "phone-landscape"), ("phone-landscape", "phone")):
        await set_size(page, first)
        await show(page, "continue")
        await set_size(page, then)
        await page.wait_for_function(
            """() => {
                const list = document.querySelector(".tg-captions");
                return list.scrollHeight > list.clientHeight
                    && list.scrollHeight - list.scrollTop - list.clientHeight < 2;
            }""",
            timeout=2_000,
        )


@pytest.mark.parametrize("size", ["phone", "phone-landscape"])
async def test_comment_and_thanks_are_in_view_after_a_thumb(page: Page, size: str) -> None:
    await set_size(page, size)
    for state in ("feedback", "highlight"):
        await show(page, state)
        await page.get_by_test_id("thumb-up").click()
        await page.get_by_text("Thank you for your feedback!").wait_for()
        await page.evaluate(_FRAMES)
        for part in ("feedback-comment", "feedback-send", "feedback-status"):
            element = page.get_by_test_id(part)
            shown = await element.evaluate(_IN_VIEW)
            assert shown, f"{part} is out of view in {state}"
    await show(page, "no-feedback")
    assert await page.get_by_test_id("feedback").count() == 0, "a form whose feedback is not kept"


async def test_forced_colours_keep_the_bars_and_the_ring_of_continue(page: Page) -> None:
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


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_edges_of_controls_have_enough_contrast(page: Page, theme: Any) -> None:
    """WCAG 1.4.11; axe-core checks only text."""
    await set_size(page, "desktop")
    await page.emulate_media(color_scheme=theme)
    for state in ("denied", "text", "unreachable"):
        await show(page, state)
        for edge, behind in await page.evaluate(_EDGES):
            assert contrast(edge, behind) >= 3, (state, edge, behind)


async def test_continue_is_emphasised_when_it_is_all_there_is_to_do(page: Page) -> None:
    for state, emphasised in (("completed", True), ("refused", True), ("taken-over", False)):
        await show(page, state)
        button = page.get_by_test_id("continue")
        shadow = await button.evaluate("button => getComputedStyle(button).boxShadow")
        assert (shadow != "none") == emphasised, state


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
