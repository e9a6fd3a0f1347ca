"""The gallery of the page's states in Chromium: `web/src/gallery`, without LiveKit.

It shows a state in a few milliseconds, so these tests look at every state in every size. The tests
with the whole product are in `tests/browser`.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from playwright.async_api import Error, Page, async_playwright

from agent.demo.page import WEB
from agent.demo.processes import run_tool
from tests.browser.chromium import find_chromium

SIZES: Final = {
    "phone": (360, 640),
    "small-phone": (320, 640),
    "phone-landscape": (740, 360),
    "tablet": (768, 1024),
    "small-laptop": (1024, 600),
    "desktop": (1180, 760),
    "zoom-200": (640, 512),
    "zoom-400": (320, 256),
    "column": (1180, 760),
}
"""A window of 1280 × 1024 has `zoom-200` and `zoom-400` left at these zooms."""

_ORIGIN: Final = "https://gallery.test"
"""Browsers open the microphone only for a secure origin."""


@pytest.fixture(scope="session")
async def gallery(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Page]:
    """Build the gallery and open it."""
    npx = shutil.which("npx")
    assert npx, "the browser tests need npm"
    built = tmp_path_factory.mktemp("gallery")
    build = ("vite", "build", "--mode", "gallery", "--outDir", str(built), "--logLevel", "error")
    await run_tool("building the gallery", npx, *build, say=print, timeout_s=240, cwd=WEB)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=find_chromium(),
            args=[
                *("--no-sandbox", "--disable-gpu"),
                *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
            ],
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
    """Show a state; the options are those of `gallery.show`."""
    await page.evaluate("shown => gallery.show(shown)", {"state": state, **options})
