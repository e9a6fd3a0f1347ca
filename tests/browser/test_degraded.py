"""The page without voice, without an agent, after losing the agent, and in two tabs."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from livekit import api
from playwright.async_api import Page, expect

from agent.core.job_metadata import JobMetadata
from agent.demo.livekit_server import free_ports
from agent.demo.processes import child, wait_until_ready
from tests.browser.conftest import OPENING_ENDS, OpenPage
from tests.support.page_driver import (
    SLOW_MS,
    arrive,
    screenshot,
    set_agent_attributes,
)
from tests.support.product import Product
from tests.support.waiting import until_answer

_SAYS_SO_WITHIN_MS = 10_000
"""After a job was killed: two pings of the page time out after three seconds each."""
_ANOTHER_WITHIN_MS = 60_000
"""LiveKit lists a dead agent for about 20 s; then the endpoint dispatches a new job."""

_MICROPHONE_LIVE = """() => window.connections.some((connection) =>
    connection.getSenders().some(({ track }) => track?.kind === "audio"
        && track.readyState === "live" && track.enabled))"""
"""The browser sends what the microphone hears."""

_REFUSE_STORAGE = """
    for (const storage of ["localStorage", "sessionStorage"])
        Object.defineProperty(window, storage, {
            get() { throw new DOMException("refused", "SecurityError"); },
        });
"""


async def screenshots(page: Page, name: str) -> None:
    """Save one of a desktop and one of a phone, and check that the phone shows Continue."""
    await screenshot(page, name)
    before = page.viewport_size
    assert before is not None
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.wait_for_timeout(300)
    await screenshot(page, f"{name}-phone")
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390, "the page scrolls sideways"
    box = await page.get_by_test_id("continue").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 844, "Continue is below the fold"
    await page.set_viewport_size(before)


async def test_page_shows_voice_and_text_mode_with_their_reasons(
    product: Product, open_page: OpenPage
) -> None:
    page = await open_page(microphone_denied=True)
    session_id = await arrive(page, product, locale="en")
    captions = page.get_by_test_id("captions")
    await expect(captions).to_contain_text(OPENING_ENDS, timeout=SLOW_MS)
    note = page.get_by_test_id("mode-note")
    await expect(note).to_be_empty()

    told = {"greeting.mode": "voice", "greeting.mode_reason": "avatar_left"}
    await set_agent_attributes(product, session_id, told)
    root = page.get_by_test_id("avatar-greeting")
    await expect(root).to_have_attribute("data-mode-reason", "avatar_left")
    await expect(note).to_have_text("Your guide continues by voice.")
    await expect(page.get_by_test_id("portrait")).to_be_visible()
    await screenshots(page, "voice-reason")

    told = {"greeting.mode": "text", "greeting.mode_reason": "speech_failed"}
    await set_agent_attributes(product, session_id, told)
    await expect(root).to_have_attribute("data-mode", "text")
    await expect(root).to_have_attribute("data-mode-reason", "speech_failed")
    await expect(note).to_have_text(
        "Your guide can't speak right now and is writing to you instead."
    )
    await expect(page.get_by_test_id("portrait")).to_be_visible()
    field = page.get_by_test_id("chat-input")
    await expect(field).to_have_attribute("placeholder", "Write your answer here…")
    await field.fill("How long does the video take?")
    await page.keyboard.press("Enter")
    await expect(captions).to_contain_text("short video", timeout=SLOW_MS)
    await screenshots(page, "text")


async def test_page_without_worker_offers_continue_and_accepts_a_late_agent(
    product: Product, open_page: OpenPage, tmp_path: Path
) -> None:
    # No worker serves this agent name, so no agent joins. The endpoint has a store of its own,
    # because of endpoints that share one, any may dispatch.
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    log = product.logs / "endpoint-without-worker.log"
    env = {
        **product.stage.environment,
        "LIVEKIT_AGENT_NAME": "no-worker-serves-this",
        "STATE_DIR": str(tmp_path),
    }
    serve = ("agent.token_endpoint", "--host", "127.0.0.1", "--port", str(port))
    async with child(*serve, env=env, log=log) as endpoint:
        await wait_until_ready("endpoint", f"{url}/healthz", endpoint, log, 120)
        page = await open_page()
        await page.route(
            f"{product.stage.endpoint_url}/**",
            lambda route: route.continue_(
                url=route.request.url.replace(product.stage.endpoint_url, url)
            ),
        )
        session_id = await arrive(page, product, locale="en")
        root = page.get_by_test_id("avatar-greeting")
        await expect(root).to_have_attribute("data-state", "waiting_for_agent", timeout=SLOW_MS)
        line = page.get_by_test_id("continue-line")
        said = "No need to wait: your training video is ready."
        await expect(line).to_have_text(said)
        await expect(root).to_have_attribute("data-continue", "late")
        await expect(page.get_by_test_id("progress")).to_contain_text("has not arrived yet.")
        await screenshots(page, "no-worker")
        microphone = page.get_by_test_id("mic-button")
        await expect(microphone).to_have_attribute("data-status", "off")
        # About 20 s after connecting, the page stops waiting, and still accepts a late agent.
        await expect(root).to_have_attribute("data-reason", "no_guide", timeout=SLOW_MS)
        assert not await page.evaluate(_MICROPHONE_LIVE), "the microphone is on without an agent"

        await product.livekit.agent_dispatch.create_dispatch(
            api.CreateAgentDispatchRequest(
                agent_name=product.stage.agent_name,
                room=f"training-session-{session_id}",
                metadata=JobMetadata(session_id=session_id).to_json(),
            )
        )
        await expect(root).to_have_attribute("data-state", "greeting", timeout=SLOW_MS)
        await expect(microphone).to_have_attribute("data-status", "on", timeout=SLOW_MS)
        await page.wait_for_function(_MICROPHONE_LIVE)
        await expect(line).to_be_empty()
        await expect(root).not_to_have_attribute("data-continue", "late")
        await page.get_by_test_id("continue").click()
        await page.wait_for_url("**/video")


async def test_page_reports_a_killed_job_and_joins_its_replacement(
    product: Product, open_page: OpenPage
) -> None:
    page = await open_page(microphone_denied=True)
    session_id = await arrive(page, product, locale="en")
    captions = page.get_by_test_id("captions")
    await expect(captions).to_contain_text(OPENING_ENDS, timeout=SLOW_MS)
    root = page.get_by_test_id("avatar-greeting")
    os.kill(product.job_process(session_id), signal.SIGKILL)
    line = page.get_by_test_id("continue-line")
    said = "You can continue right away, or wait a moment for your guide."
    await expect(line).to_have_text(said, timeout=2 * _SAYS_SO_WITHIN_MS)
    await expect(page.get_by_test_id("progress")).to_contain_text("Your guide lost the connection.")
    await expect(root).to_have_attribute("data-continue", "lost")
    await screenshots(page, "lost")

    await expect(root).to_have_attribute("data-state", "greeting", timeout=_ANOTHER_WITHIN_MS)
    await expect(line).to_be_empty()
    room = f"training-session-{session_id}"
    await until_answer(lambda: product.agents(room), lambda agents: len(agents) == 1)


async def test_second_tab_takes_over_and_the_first_reports_it(
    product: Product, open_page: OpenPage
) -> None:
    first = await open_page(microphone_denied=True)
    session_id = await arrive(first, product, locale="es", pre_join=True)
    await first.get_by_test_id("start").click()
    await expect(first.get_by_test_id("status")).to_contain_text("En línea", timeout=SLOW_MS)
    room = f"training-session-{session_id}"

    said = first.get_by_test_id("captions").locator("[data-from=guide] .tg-line").first
    await expect(said).to_contain_text("Ada", timeout=SLOW_MS)
    said_before = await said.inner_text()

    # The endpoint looks at the room every few seconds.
    await product.ask_until(lambda answer: answer.json()["rejoins"], session_id)
    # It joins without its own pre-join screen, although its browser keeps nothing: the agent would
    # not wait for that.
    second = await first.context.new_page()
    await second.add_init_script(_REFUSE_STORAGE)
    await second.goto(first.url)
    await expect(second.get_by_test_id("status")).to_contain_text("En línea", timeout=SLOW_MS)
    root = first.get_by_test_id("avatar-greeting")
    await expect(root).to_have_attribute("data-reason", "taken_over", timeout=SLOW_MS)
    message = first.get_by_test_id("welcome-message")
    await expect(message).to_contain_text("Tu bienvenida está abierta en otro sitio")
    await expect(message).to_contain_text("Se abrió en otra pestaña o ventana")
    await expect(first.get_by_test_id("try-again")).to_have_text("Seguir aquí")
    await screenshot(first, "taken-over")
    # The second tab has what was said, although the first one heard it.
    captions = second.get_by_test_id("captions")
    await expect(captions).to_contain_text(said_before, timeout=SLOW_MS)
    field = second.get_by_test_id("chat-input")
    await field.fill("¿Cuánto dura el video?")
    await second.keyboard.press("Enter")
    answered = second.get_by_test_id("captions").locator("[data-from=trainee] ~ [data-from=guide]")
    await expect(answered.last).to_be_visible(timeout=SLOW_MS)
    assert await product.calls_for_avatars(room) == 1, "a second avatar was asked for"

    # Continue in the first tab does not end the greeting of the second.
    await first.get_by_test_id("continue").click()
    await first.wait_for_url("**/video")
    await expect(second.get_by_test_id("avatar-greeting")).to_have_attribute(
        "data-state", "greeting"
    )


@pytest.mark.variant
async def test_page_does_not_report_a_lost_agent_while_its_own_connection_stalls(
    product: Product, open_page: OpenPage
) -> None:
    page = await open_page(microphone_denied=True)
    await arrive(page, product, locale="en")
    captions = page.get_by_test_id("captions")
    await expect(captions).to_contain_text(OPENING_ENDS, timeout=SLOW_MS)
    root = page.get_by_test_id("avatar-greeting")
    assert product.stage.livekit is not None
    server = product.stage.livekit.process.pid
    os.kill(server, signal.SIGSTOP)
    try:
        # Longer than the page takes to report a dead agent; the browser does not notice the stall.
        stopped_at = time.monotonic()
        while time.monotonic() - stopped_at < 11:
            assert await root.get_attribute("data-continue") is None, (
                "the page reported a lost agent"
            )
            await page.wait_for_timeout(100)
    finally:
        os.kill(server, signal.SIGCONT)
    await expect(root).to_have_attribute("data-state", "greeting", timeout=SLOW_MS)
    # Nor does silence alone make the page report a lost agent.
    await page.wait_for_timeout(7_000)
    await expect(root).to_have_attribute("data-state", "greeting")
    await expect(page.get_by_test_id("chat-input")).to_be_enabled()
