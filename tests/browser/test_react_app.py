"""The React library in a host app: packed, installed, type-checked, built, and opened."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import expect

from agent.demo.page import WEB
from agent.demo.tools import run_tool
from tests.browser.conftest import OPENING_BEGINS, OpenPage
from tests.browser.test_page import SLOW_MS, screenshot, trainee_jwt
from tests.support.product import Product

_EXAMPLE = WEB.parent / "examples" / "react-app"
_NPM_S = 120.0
_STRICT = ("--module", "nodenext", "--target", "es2022", "--jsx", "react-jsx", "--strict")

# An expected error that is missing is an error: without type declarations, tsc finds nothing.
_TYPE_CHECKED = """
import { AvatarGreeting, AvatarVideo, type AvatarGreetingProps } from "@training-greeter/react";

const props: AvatarGreetingProps = { endpointUrl: "/greeting/", locale: "es" };
export const right = <AvatarGreeting {...props} onContinue={(url) => url?.length} />;
export const picture = <AvatarVideo videoTrack={undefined} />;
// @ts-expect-error a number is no address
export const wrong = <AvatarGreeting endpointUrl={7} />;
// @ts-expect-error there is no such phase
export const never = <AvatarGreeting {...props} onStateChange={(s) => s.phase === "nowhere"} />;
"""

_COMPUTED_STYLE = """selector => {
    const { color, fontSize, textTransform, margin, borderRadius, borderTopWidth, fontFamily } =
        getComputedStyle(document.querySelector(selector));
    return { color, fontSize, textTransform, margin, borderRadius, borderTopWidth, fontFamily };
}"""


@pytest.fixture(scope="module")
async def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the example app with the library of this working tree."""
    npm, npx = shutil.which("npm"), shutil.which("npx")
    assert npm, "the browser tests need npm"
    assert npx, "npm comes with npx"
    project = tmp_path_factory.mktemp("react-app")
    shutil.copytree(
        _EXAMPLE,
        project,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("node_modules", "dist", "*.tgz"),
    )

    async def run(*command: str, cwd: Path = project) -> None:
        await run_tool(command[1], *command, say=print, timeout_s=_NPM_S, cwd=cwd)

    await run(npm, "pack", "--pack-destination", str(project), cwd=WEB)
    # The checksum of today's tarball differs from the one in the lock file.
    lock = json.loads((project / "package-lock.json").read_text())
    lock["packages"]["node_modules/@training-greeter/react"].pop("integrity", None)
    (project / "package-lock.json").write_text(json.dumps(lock))
    await run(npm, "ci", "--prefer-offline", "--no-audit", "--no-fund")

    strict = project / "src" / "type_checked.tsx"
    strict.write_text(_TYPE_CHECKED)
    await run(npx, "tsc", "--noEmit", "--skipLibCheck", *_STRICT, "--ignoreConfig", str(strict))
    await run(npm, "run", "build")
    return project / "dist"


@pytest.fixture
async def app_url(app: Path, host_app_socket: socket.socket) -> AsyncIterator[str]:
    """Serve the example at an origin of its own."""

    async def index(_: web.Request) -> web.FileResponse:
        return web.FileResponse(app / "index.html")

    site = web.Application()
    site.router.add_get("/", index)
    site.router.add_static("/assets", app / "assets")
    runner = web.AppRunner(site)
    await runner.setup()
    try:
        await web.SockSite(runner, host_app_socket).start()
        yield "http://{}:{}".format(*host_app_socket.getsockname())
    finally:
        await runner.cleanup()


@pytest.mark.timeout(300)  # npm, tsc and Vite are in it, besides the product
async def test_react_app_greets_continues_and_keeps_its_own_styles(
    product: Product, open_page: OpenPage, app_url: str
) -> None:
    page = await open_page()
    session_id, jwt = trainee_jwt(product, locale="en")
    endpoint = f"{product.stage.endpoint_url}/api/users/sessions/{session_id}/avatar-greeting/"
    await page.goto(f"{app_url}/?endpoint={endpoint}&jwt={jwt}")
    await expect(page.get_by_test_id("captions")).to_contain_text(OPENING_BEGINS, timeout=SLOW_MS)
    await expect(page.get_by_test_id("phase")).to_have_text("greeting")
    await screenshot(page, "react-app")

    # The library does not change the styles of the host app.
    title = await page.evaluate(_COMPUTED_STYLE, ".bar h1")
    assert title | {"fontFamily": ""} == {
        "color": "rgb(154, 52, 18)",
        "fontSize": "20px",
        "textTransform": "uppercase",
        "margin": "24px",
        "borderRadius": "0px",
        "borderTopWidth": "0px",
        "fontFamily": "",
    }
    button = await page.evaluate(_COMPUTED_STYLE, ".bar button")
    assert (button["borderRadius"], button["borderTopWidth"]) == ("0px", "2px")
    assert (button["textTransform"], button["margin"]) == ("uppercase", "12px")
    body = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert body == "rgb(255, 251, 235)"
    # The styles of the host app for plain elements do not change the greeting.
    ours = await page.evaluate(_COMPUTED_STYLE, "[data-testid=continue]")
    assert (ours["borderRadius"], ours["borderTopWidth"]) == ("999px", "0px")
    assert (ours["textTransform"], ours["margin"]) == ("none", "0px")
    status = await page.evaluate(_COMPUTED_STYLE, "[data-testid=status]")
    assert status["margin"] == "0px"
    assert "Georgia" not in status["fontFamily"]
    fits = "document.documentElement.scrollHeight <= innerHeight"
    assert await page.evaluate(fits), "the greeting is higher than its parent allows"

    await page.get_by_test_id("continue").click()
    lesson = page.get_by_test_id("lesson")
    await expect(lesson).to_have_text(f"Your lesson: {product.stage.url}/video", timeout=5_000)
    await product.paid_avatars_left(f"training-session-{session_id}", within_s=5)
