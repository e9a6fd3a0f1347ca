"""The npm package, packed and installed into fresh projects, and the element in an iframe.

The plain HTML page is in tests/browser (`make test`), and so is React 18 (`make variants`).
"""

from __future__ import annotations

import re
import shutil
import socket
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import expect

from agent.demo.processes import plain_environment, running, wait_until_ready
from tests.browser.conftest import OPENING_BEGINS, OpenPage
from tests.support.host_pages import (
    EXAMPLES,
    axe_violations,
    built_react_app,
    copy_example,
    example_page,
    serving,
    start,
)
from tests.support.installers import npm
from tests.support.page_driver import SLOW_MS, screenshot, trainee_jwt
from tests.support.product import Product

PUBLISHED = {
    *("LICENSE", "README.md", "lib/index.d.ts", "lib/index.js.map", "lib/styles.css"),
    *("dist/greeter.js", "dist/greeter.json", "dist/greeter.licenses.md"),
}


def published_files(project: Path) -> set[str]:
    """The files in the packed npm package of a project."""
    (package,) = project.glob("*.tgz")
    with tarfile.open(package) as files:
        return {name.removeprefix("package/") for name in files.getnames()}


@pytest.mark.timeout(400)
async def test_react_19_app_greets_on_a_page_of_its_own(
    product: Product, open_page: OpenPage, host_app_socket: socket.socket, tmp_path: Path
) -> None:
    app = await built_react_app(tmp_path, {}, greeter_url=product.stage.endpoint_url, own_page=True)
    assert published_files(app.parent) >= PUBLISHED
    session_id, jwt = trainee_jwt(product, locale="en")
    pages = {
        "/": lambda: web.FileResponse(app / "index.html"),
        "/greeting-jwt": lambda: web.Response(text=jwt),
    }
    page = await open_page()
    async with serving(host_app_socket, pages, app) as origin:
        await page.goto(f"{origin}/?session={session_id}")
        await expect(page.get_by_text(OPENING_BEGINS)).to_be_visible(timeout=SLOW_MS)
        await expect(page.get_by_test_id("ai-label")).to_be_in_viewport()
        picture = await page.get_by_test_id("avatar-video").bounding_box()
        assert picture
        assert picture["height"] > 200
        await screenshot(page, "own-page")
        await page.get_by_role("button", name="Continue").click()
        await page.wait_for_url(f"{product.stage.url}/video", timeout=15_000)
    outcome = await product.outcome(session_id)
    assert outcome["disclosure"]["ai"]["label_at"]


# The video replaces the page, which then forgets its variables.
_KEEP_MESSAGES = """<script>
    addEventListener("message", ({ origin, data }) =>
        localStorage.setItem(data.type, JSON.stringify({ ...data, origin })));
</script>"""
_TAKE_MESSAGE = """async type => {
    while (!(type in localStorage)) await new Promise(resolve => setTimeout(resolve, 20));
    const message = JSON.parse(localStorage[type]);
    localStorage.removeItem(type);
    return message;
}"""


@pytest.mark.timeout(300)
async def test_iframe_opens_the_video_in_the_parent_or_tells_the_parent(
    product: Product, open_page: OpenPage, host_app_socket: socket.socket
) -> None:
    session_id, jwt = trainee_jwt(product, locale="en")
    html = example_page(
        "iframe", greeter_url=product.stage.endpoint_url, session_id=session_id, jwt=jwt
    )
    html += _KEEP_MESSAGES
    # A sandbox that forbids the iframe to open the video: an attempt is reported in the console.
    tells = html.replace("#", "#continue=message&").replace(
        "<iframe", '<iframe sandbox="allow-scripts allow-same-origin"'
    )
    refused = html.replace(jwt, "x.y.z")
    pages = {
        "/": lambda: web.Response(text=html, content_type="text/html"),
        "/tells": lambda: web.Response(text=tells, content_type="text/html"),
        "/refused": lambda: web.Response(text=refused, content_type="text/html"),
    }
    page = await open_page()
    console: list[str] = []
    page.on("console", lambda message: console.append(message.text))
    async with serving(host_app_socket, pages, EXAMPLES) as origin:
        # Not an allowed ancestor.
        await page.goto(origin.replace("127.0.0.1", "other.localhost"))
        await page.wait_for_timeout(500)
        assert any("frame-ancestors" in text for text in console)

        await page.goto(origin.replace("127.0.0.1", "localhost"))
        frame = page.frame_locator("iframe")
        await start(frame)
        await expect(frame.get_by_role("heading", level=1)).to_have_text("Welcome, Ada")
        captions = frame.get_by_test_id("captions")
        await expect(captions).to_contain_text(OPENING_BEGINS, timeout=SLOW_MS)
        await expect(frame.get_by_test_id("mic-button")).to_have_attribute("data-status", "on")
        await screenshot(page, "iframe")
        await frame.get_by_test_id("continue").click()
        await page.wait_for_url(f"{product.stage.url}/video", timeout=15_000)

        # The greeting of this session has ended: the iframe offers Continue only.
        address = f"{origin.replace('127.0.0.1', 'localhost')}/tells"
        sender = {"source": "training-greeter", "origin": product.stage.endpoint_url}
        leads = sender | {"type": "continue", "url": f"{product.stage.url}/video"}
        await page.goto(address)
        assert await page.evaluate(_TAKE_MESSAGE, "continue") == leads
        await frame.get_by_test_id("continue").click()
        assert await page.evaluate(_TAKE_MESSAGE, "continue") == leads
        ended = sender | {"type": "ended", "reason": "session_ended"}
        assert await page.evaluate(_TAKE_MESSAGE, "ended") == ended
        # The iframe has handled the click, and what it reported has arrived.
        await frame.locator("body").evaluate("() => new Promise(requestAnimationFrame)")
        assert not any("navigat" in text for text in console), console
        assert page.url == address

        await page.goto(origin.replace("127.0.0.1", "localhost") + "/refused")
        error = {"reason": "refused", "code": "unauthorized", "retryable": False}
        told = await page.evaluate(_TAKE_MESSAGE, "error")
        assert told == sender | {"type": "error"} | error
    await product.paid_avatars_left(f"training-session-{session_id}")


_KEEP_LANGUAGES = """
    window.languages = [];
    new MutationObserver(() => {
        const language = document.querySelector(".tg-root")?.lang;
        if (language && window.languages.at(-1) !== language) window.languages.push(language);
    }).observe(document, { subtree: true, childList: true, attributes: true });
"""


def _language_of_root(html: str) -> str:
    (root,) = re.findall(r'<div[^>]*class="tg-root"[^>]*>', html)
    (language,) = re.findall(r' lang="(\w+)"', root)
    return str(language)


@asynccontextmanager
async def next_server(project: Path, port: int, env: dict[str, str]) -> AsyncIterator[str]:
    """Run `next start`; yields its origin."""
    node, log = shutil.which("node"), project / "next.log"
    assert node
    next_js = str(project / "node_modules" / "next" / "dist" / "bin" / "next")
    command = (node, next_js, "start", "--port", str(port), "--hostname", "127.0.0.1")
    environment = {**plain_environment(), **env}
    async with running(*command, log=log, env=environment, cwd=project) as process:
        origin = f"http://127.0.0.1:{port}"
        await wait_until_ready("next", f"{origin}/?session=1", process, log, 60)
        yield origin


@pytest.mark.timeout(500)  # Next.js is 400 MB, and its build takes a minute
async def test_nextjs_app_greets_without_a_hydration_error(
    product: Product, open_page: OpenPage, host_server_port: int, tmp_path: Path
) -> None:
    project = await copy_example("nextjs", tmp_path)
    layout = project / "app" / "layout.tsx"
    # Without a language of the document, the browser's language differs from the server's.
    layout.write_text(layout.read_text().replace(' lang="en"', ""))
    env = {
        "NEXT_TELEMETRY_DISABLED": "1",
        "GREETER_URL": product.stage.endpoint_url,
        "PLATFORM_JWT_SECRET": product.stage.environment["PLATFORM_JWT_SECRET"],
    }
    await npm("run", "build", cwd=project, env=env)
    page = await open_page()
    assert page.context.browser
    german = await page.context.browser.new_context(locale="de-DE")
    page = await german.new_page()
    await page.add_init_script(_KEEP_LANGUAGES)
    await page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    async with next_server(project, host_server_port, env) as origin:
        for locale, in_html, in_browser in (("es", "es", ["es"]), ("", "en", ["en", "de", "en"])):
            session_id, _ = trainee_jwt(product, locale="en")
            response = await page.goto(f"{origin}/?session={session_id}&locale={locale}")
            assert response
            assert _language_of_root(await response.text()) == in_html
            await start(page)
            captions = page.get_by_test_id("captions")
            await expect(captions).to_contain_text("Ada", timeout=SLOW_MS)
            # Without a locale: the language of the server, of the browser, of the greeting.
            assert await page.evaluate("window.languages") == in_browser
        # The layout has no language in this test.
        assert await axe_violations(page, disabled=["html-has-lang"]) == []
    assert problems == []
