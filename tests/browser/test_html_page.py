"""`<training-greeter>` in a plain HTML page, with a strict policy and hostile styles."""

from __future__ import annotations

import asyncio
import re
import socket

from aiohttp import web
from playwright.async_api import Route, expect

from tests.browser.conftest import OPENING_BEGINS, OpenPage
from tests.support.host_pages import EXAMPLES, axe_violations, example_page, serving, start
from tests.support.page_driver import SLOW_MS, screenshot, trainee_jwt
from tests.support.product import Product
from tests.support.waiting import until_answer

HOSTILE = """
html { font-size: 40% }
body { display: flex; align-items: center; justify-content: center }
* {
  margin: 7px !important; color: red !important; font: 40px/3 cursive !important;
  letter-spacing: 9px !important; text-transform: uppercase !important; text-align: end !important;
  box-sizing: content-box !important; visibility: hidden; cursor: wait !important;
  direction: rtl !important; pointer-events: none !important; user-select: none !important;
}
training-greeter {
  opacity: 0.1 !important; filter: blur(9px) !important; transform: rotate(9deg) !important;
  scale: 0.2 !important; zoom: 3 !important; overflow: hidden !important; columns: 3 !important;
  clip-path: circle(9px) !important; mask: linear-gradient(transparent, red) !important;
  mix-blend-mode: difference !important; writing-mode: vertical-rl !important;
  display: flex !important; animation: spin 1s infinite !important;
}
training-greeter::before { content: "" !important; position: fixed; inset: 0; background: red }
@keyframes spin { to { opacity: 0; rotate: 1turn } }
button, h1, p { display: none !important }
"""

# What each element of the greeting looks like. Widths depend on the page around it.
_LOOKS = """() => {
    const greeter = document.querySelector("training-greeter");
    const inside = [...greeter.shadowRoot.querySelectorAll("*")].map(element => {
        const { display, visibility, color, backgroundColor, font, letterSpacing, textTransform,
            textAlign, marginTop, paddingTop, boxSizing, cursor, borderRadius, opacity, direction,
            pointerEvents, userSelect, writingMode } = getComputedStyle(element);
        return [element.className, display, visibility, color, backgroundColor, font,
            letterSpacing, textTransform, textAlign, marginTop, paddingTop, boxSizing, cursor,
            borderRadius, opacity, direction, pointerEvents, userSelect, writingMode].join(" ");
    });
    const { opacity, filter, transform, scale, zoom, overflow, columnCount, clipPath, maskImage,
        mixBlendMode, writingMode, animationName } = getComputedStyle(greeter);
    const { content } = getComputedStyle(greeter, "::before");
    return [[opacity, filter, transform, scale, zoom, overflow, columnCount, clipPath, maskImage,
        mixBlendMode, writingMode, animationName, content].join(" "), ...inside];
}"""
_KEEP_WHERE_CONTINUE_LEADS = """() => {
    document.querySelector("training-greeter").addEventListener("continue", event => {
        event.preventDefault();
        window.continueUrl = event.detail.url;
    });
}"""
_KEEP_VIOLATIONS = """
    window.violations = [];
    document.addEventListener("securitypolicyviolation", event =>
        window.violations.push(event.violatedDirective + " " + event.blockedURI));
"""


def strict_policy(product: Product) -> str:
    """The policy of docs/browser-policies.md, with this product's addresses."""
    page = (EXAMPLES.parent / "docs" / "browser-policies.md").read_text(encoding="utf-8")
    (policy,) = re.findall(r"^Content-Security-Policy: (.*)$", page, re.MULTILINE)
    assert product.stage.livekit
    livekit = product.stage.livekit.url
    return (
        str(policy)
        .replace("https://greeter.example.com", product.stage.endpoint_url)
        .replace("wss://livekit.example.com", livekit)
        .replace("https://livekit.example.com", livekit.replace("ws", "http", 1))
    )


async def test_element_greets_under_a_strict_policy(
    product: Product, open_page: OpenPage, host_app_socket: socket.socket
) -> None:
    session_id, jwt = trainee_jwt(product, locale="en")
    greeter = product.stage.endpoint_url
    html = example_page("html", greeter_url=greeter, session_id=session_id, jwt=jwt)
    policy = {"Content-Security-Policy": strict_policy(product)}
    refused = example_page("html", greeter_url=greeter, session_id=session_id, jwt="x.y.z")
    hostile = refused.replace("<main>", f"<style>{HOSTILE}</style><main>")
    pages = {
        "/": lambda: web.Response(text=html, content_type="text/html", headers=policy),
        "/refused": lambda: web.Response(text=refused, content_type="text/html"),
        "/hostile": lambda: web.Response(text=hostile, content_type="text/html"),
    }
    page = await open_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.add_init_script(_KEEP_VIOLATIONS)
    async with serving(host_app_socket, pages, EXAMPLES / "html") as origin:
        looks = []
        for path in ("refused", "hostile"):
            await page.goto(f"{origin}/{path}")
            await expect(page.locator("[data-state=failed]")).to_be_visible(timeout=SLOW_MS)
            await screenshot(page, f"html-{path}")
            looks.append(await page.evaluate(_LOOKS))
        assert len(looks[0]) > 20
        assert looks[0] == looks[1]

        for language, options in (("en-US", ""), ("es", "&locale=es")):
            await page.goto("about:blank")  # another fragment alone does not load a page
            framed = await page.goto(f"{greeter}/embed/{session_id}#authorization=x{options}")
            await expect(page.locator("main [data-state=failed]")).to_be_visible(timeout=SLOW_MS)
            assert await page.evaluate("document.documentElement.lang") == language
        assert await axe_violations(page) == []
        assert framed
        _, ancestors = framed.headers["content-security-policy"].split("frame-ancestors")
        assert origin in ancestors.split()

        await page.goto(origin)
        await start(page)
        captions = page.get_by_test_id("captions")
        await expect(captions).to_contain_text(OPENING_BEGINS, timeout=SLOW_MS)
        await expect(page.get_by_test_id("mic-button")).to_have_attribute("data-status", "on")
        await screenshot(page, "html")
        assert await page.evaluate("getComputedStyle(document.body).margin") == "0px"
        assert await page.evaluate("window.violations") == []
        assert await axe_violations(page) == []

        await page.evaluate(_KEEP_WHERE_CONTINUE_LEADS)
        await page.get_by_test_id("continue").click()
        leads = await until_answer(lambda: page.evaluate("window.continueUrl"))
        assert leads == f"{product.stage.url}/video"
        assert page.url == f"{origin}/"
    assert errors == []
    await product.paid_avatars_left(f"training-session-{session_id}")


async def test_iframe_page_shows_progress_and_reports_a_script_that_does_not_load(
    product: Product, open_page: OpenPage, host_app_socket: socket.socket
) -> None:
    greeter = product.stage.endpoint_url
    html = example_page("iframe", greeter_url=greeter, session_id="123", jwt="x.y.z")
    html += "<script>addEventListener('message', ({ data }) => { window.told = data; });</script>"
    pages = {"/": lambda: web.Response(text=html, content_type="text/html")}
    page = await open_page()
    seen = asyncio.Event()

    async def fail_after_it_was_seen(route: Route) -> None:
        await seen.wait()
        await route.abort()

    await page.route("**/static/greeter.js", fail_after_it_was_seen)
    async with serving(host_app_socket, pages, EXAMPLES / "iframe") as origin:
        await page.goto(origin, wait_until="commit")
        frame = page.frame_locator("iframe")
        await expect(frame.get_by_role("progressbar")).to_be_visible()
        seen.set()
        await expect(frame.locator("main")).to_contain_text("go on with your training without it")
        told = await until_answer(lambda: page.evaluate("window.told"))
    assert (told["type"], told["reason"]) == ("error", "page_error")
