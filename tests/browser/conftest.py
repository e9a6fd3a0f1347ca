"""A real Chromium whose microphone plays a recording of a person."""

from __future__ import annotations

import wave
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.browser.chromium import find_chromium
from tests.support.page_driver import SLOW_MS
from tests.support.product import Product
from tests.support.shipped_scripts import first_sentence, last_sentence, shipped_script

expect.set_options(timeout=SLOW_MS)

OPENING = shipped_script(role="picker").opening
"""For Ada, in English: the trainee of most browser tests."""
OPENING_BEGINS = first_sentence(OPENING)
OPENING_ENDS = last_sentence(OPENING)
OPENING_TAKES_S = 12
"""Silence before the recording, so that the opening is over by then."""
SENTENCE = "I do. I think that America do it very well."
"""The words of the recording."""
_REPEATED_EVERY_S = 25
_TIMES = 5

_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]

# Keeps every peer connection of the page, so that a test can read what arrived.
_KEEP_CONNECTIONS = """
    window.connections = [];
    window.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(...given) { super(...given); window.connections.push(this); }
    };
"""

SOUND_RECEIVED = """async () => {
    let energy = 0;
    for (const connection of window.connections)
        for (const report of (await connection.getStats()).values())
            if (report.type === "inbound-rtp" && report.kind === "audio")
                energy += report.totalAudioEnergy ?? 0;
    return energy;
}"""
"""Energy of all received sound; a second of speech has more than SPOKEN, silence less."""

SPOKEN = 1e-3

PICTURE = """() => {
    const video = document.querySelector("[data-testid=avatar-video] video, video");
    if (!video || !video.videoWidth) return "";
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 64;
    canvas.getContext("2d").drawImage(video, 0, 0, 64, 64);
    return canvas.toDataURL();
}"""
"""The current picture of the avatar; empty if there is none."""

OpenPage = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="session")
def microphone(recordings: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write silence for the length of the opening, then speech that repeats every 25 seconds.

    Chromium starts the file when the page opens the microphone. On a slow machine the first speech
    may fall into the opening.
    """
    with wave.open(str(recordings["clone-test"])) as w:
        rate = w.getframerate()
        speech = np.frombuffer(w.readframes(w.getnframes()), np.int16)[:: w.getnchannels()]
    path = tmp_path_factory.mktemp("microphone") / "speech.wav"
    with wave.open(str(path), "wb") as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(rate)
        before = np.zeros(rate * OPENING_TAKES_S, np.int16)
        after = np.zeros(rate * _REPEATED_EVERY_S - len(speech), np.int16)
        w.writeframes(np.concatenate([before, *[speech, after] * _TIMES]).tobytes())
    return path


@pytest.fixture
async def open_page(microphone: Path, product: Product) -> AsyncIterator[OpenPage]:
    """Return a function that opens the registration form; its arguments restrict the browser.

    No error of any page may stay uncaught.
    """
    uncaught: list[str] = []
    async with AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())

        @asynccontextmanager
        async def browser(*flags: str) -> AsyncIterator[Page]:
            chromium = await playwright.chromium.launch(
                executable_path=find_chromium(), args=[*_QUIET, *flags]
            )
            try:
                context = await chromium.new_context(viewport={"width": 1180, "height": 760})
                context.set_default_timeout(SLOW_MS)
                # Of every page, also one that a test opens itself.
                context.on("weberror", lambda error: uncaught.append(str(error.error)))
                page = await context.new_page()
                await page.add_init_script(_KEEP_CONNECTIONS)
                yield page
            finally:
                await chromium.close()

        async def open_form(
            *, sound_blocked: bool = False, microphone_denied: bool = False
        ) -> Page:
            policy = "user-gesture-required" if sound_blocked else "no-user-gesture-required"
            flags = [f"--autoplay-policy={policy}"]
            if microphone_denied:
                flags.append("--deny-permission-prompts")
            else:
                flags.append(f"--use-file-for-fake-audio-capture={microphone}%noloop")
            page = await stack.enter_async_context(browser(*flags))
            if microphone_denied:
                await page.add_init_script(
                    "navigator.mediaDevices.getUserMedia = () =>"
                    " Promise.reject(new DOMException('denied', 'NotAllowedError'));"
                )
            await page.goto(product.stage.url)
            return page

        yield open_form
    assert uncaught == []
