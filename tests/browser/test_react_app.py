"""The package in a host app with React 18; `make packages` builds the same app with React 19."""

from __future__ import annotations

import secrets
import socket
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import expect

from tests.browser.conftest import OpenPage
from tests.support.host_pages import (
    axe_violations,
    built_react_app,
    react_app_jwt,
    serving,
    start,
)
from tests.support.page_driver import SLOW_MS, screenshot
from tests.support.product import Product

REACT_18 = {
    "react": "18.3.1",
    "react-dom": "18.3.1",
    "@types/react": "18.3.32",
    "@types/react-dom": "18.3.7",
}

_COMPUTED_STYLE = """selector => {
    const { color, fontSize, textTransform, margin, borderRadius, borderTopWidth, fontFamily } =
        getComputedStyle(document.querySelector(selector));
    return { color, fontSize, textTransform, margin, borderRadius, borderTopWidth, fontFamily };
}"""
_TEXT_STYLE = """selector => {
    const { letterSpacing, lineHeight } = getComputedStyle(document.querySelector(selector));
    return [letterSpacing, lineHeight];
}"""


@pytest.mark.variant
@pytest.mark.timeout(600)  # npm, tsc and Vite are in it, besides the product
async def test_react_18_app_greets_continues_and_keeps_its_own_styles(
    product: Product, open_page: OpenPage, host_app_socket: socket.socket, tmp_path: Path
) -> None:
    app = await built_react_app(tmp_path, REACT_18, greeter_url=product.stage.endpoint_url)
    session_id = secrets.token_hex(4)
    secret = product.stage.environment["PLATFORM_JWT_SECRET"]
    jwt = await react_app_jwt(app.parent, session_id, secret)
    pages = {
        "/": lambda: web.FileResponse(app / "index.html"),
        "/greeting-jwt": lambda: web.Response(text=jwt),
    }
    page = await open_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    async with serving(host_app_socket, pages, app) as origin:
        await page.goto(f"{origin}/?session={session_id}")
        await start(page)
        await expect(page.locator("main h1")).to_have_text("Welcome, Ada")
        captions = page.get_by_test_id("captions")
        await expect(captions).to_contain_text("Ada", timeout=SLOW_MS)
        assert await page.evaluate("document.title") == "Northwind Academy"
        await screenshot(page, "react-app")

        assert await axe_violations(page) == []

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
        assert ours["borderRadius"] != "0px"
        assert ours["borderTopWidth"] == "1px"  # 1.5px, rounded down
        assert (ours["textTransform"], ours["margin"]) == ("none", "0px")
        status = await page.evaluate(_COMPUTED_STYLE, "[data-testid=status]")
        assert status["margin"] == "0px"
        assert "Georgia" not in status["fontFamily"]
        assert await page.evaluate(_TEXT_STYLE, ".tg-ai") == ["normal", "21px"]
        fits = "document.documentElement.scrollHeight <= innerHeight"
        assert await page.evaluate(fits), "the greeting is higher than its parent allows"

        await page.get_by_test_id("continue").click()
        await page.wait_for_url(f"{product.stage.url}/video")
    assert errors == []
    await product.paid_avatars_left(f"training-session-{session_id}")
