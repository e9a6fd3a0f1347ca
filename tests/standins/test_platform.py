"""The demo's platform: JWT, pages and webhook."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest
import pytest_asyncio
from aiohttp import web

from agent.demo.platform.site import POSTER_PATH, Platform
from agent.demo.providers.wire import serving
from agent.outcomes.outcome import Outcome
from agent.scripts.library import COMMON, PROMPTS

JWT_SECRET = "a secret of at least thirty-two bytes"
API_KEY = "the key of the platform"
WEBHOOK_KEY = secrets.token_bytes(32)
WEBHOOK_SECRET = "whsec_" + base64.b64encode(WEBHOOK_KEY).decode()


class FakeEndpoint:
    """A token endpoint that notes the requests it gets."""

    url = ""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str | None, dict[str, Any]]] = []
        self.asked = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        key, session = request.headers.get("X-API-Key"), request.match_info["session_id"]
        self.requests.append((session, key, await request.json()))
        self.asked.set()
        return web.json_response({"success": True}, status=201)


@pytest_asyncio.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    found = FakeEndpoint()
    app = web.Application()
    app.router.add_post("/api/users/sessions/{session_id}/avatar-greeting/", found.take)
    async with serving(app) as found.url:
        yield found


@pytest_asyncio.fixture
async def url(tmp_path: Path, endpoint: FakeEndpoint) -> AsyncIterator[str]:
    (tmp_path / "assets").mkdir()
    page = "<html><head><!--greeting-config--></head></html>"
    (tmp_path / "index.html").write_text(page)
    platform = Platform(
        jwt_secret=JWT_SECRET,
        api_key=API_KEY,
        webhook_secret=WEBHOOK_SECRET,
        endpoint_url=endpoint.url,
        page=tmp_path,
    )
    async with serving(platform.app()) as address:
        yield address


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    jar = aiohttp.CookieJar(unsafe=True)  # or it keeps none of an IP address
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(cookie_jar=jar, timeout=timeout) as session:
        yield session


async def register(browser: aiohttp.ClientSession, url: str, **form: str) -> dict[str, Any]:
    """Fill in the form, and return the claims of the JWT."""
    given = {"name": "Ada", "role": "", "training_type": "forklift", "industry": "", **form}
    async with browser.post(f"{url}/register", data=given) as answer:
        assert answer.status == 200
        assert answer.url.path == "/greeting"
        config = re.search(r'id="greeting-config">(.*?)</script>', await answer.text())
    assert config
    page = json.loads(config[1])
    token = page["authorization"].removeprefix("Bearer ")
    claims: dict[str, Any] = jwt.decode(token, JWT_SECRET, algorithms=["HS256"])
    assert page["locale"] == claims["locale"]
    assert page["continueUrl"] == claims["continue_url"]
    return claims


async def test_form_says_what_comes_next_and_how_long_it_takes(
    browser: aiohttp.ClientSession, url: str
) -> None:
    async with browser.get(f"{url}/") as answer:
        form = await answer.text()
    assert "an AI guide welcomes you by video. It takes about two minutes" in form
    assert "in person" not in form


async def test_platform_requests_the_greeting_when_the_form_is_submitted(
    browser: aiohttp.ClientSession, url: str, endpoint: FakeEndpoint
) -> None:
    claims = await register(browser, url, keep_transcript="on")
    await asyncio.wait_for(endpoint.asked.wait(), 60)
    [(session, key, fields)] = endpoint.requests
    assert (session, key) == (claims["session_id"], API_KEY)
    assert fields["trainee"] == {"id": claims["sub"], "name": "Ada"}
    for name in ("locale", "training_type", "consent", "continue_url"):
        assert fields[name] == claims[name]
    assert not fields.keys() & {"sub", "exp", "session_id"}


def outcome(session_id: str, **more: Any) -> Outcome:
    now = "2026-11-24T15:00:00Z"
    fields = {
        "id": secrets.token_hex(4),
        "session_id": session_id,
        "script": "forklift",
        "script_version": 1,
        "locale": "es",
        "started_at": now,
        "answers": {"driven_before": {"type": "yes_no", "status": "answered", "value": True}},
    }
    return Outcome.model_validate(fields | more)


def signed(
    record: Outcome, *, sent_at: float | None = None, key: bytes = WEBHOOK_KEY
) -> tuple[bytes, dict[str, str]]:
    """The webhook's body and headers, as Standard Webhooks defines them."""
    message = {
        "type": "greeting.ended",
        "timestamp": "2026-11-24T15:00:00Z",
        "data": record.model_dump(mode="json"),
    }
    body = json.dumps(message).encode()
    name, at = f"outcome_{record.id}", str(int(sent_at or time.time()))
    mac = hmac.new(key, f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
    return body, {
        "webhook-id": name,
        "webhook-timestamp": at,
        "webhook-signature": "v1,AAAA v1," + base64.b64encode(mac).decode(),
    }


async def send(browser: aiohttp.ClientSession, url: str, body: bytes, headers: Any) -> int:
    async with browser.post(f"{url}/outcomes", data=body, headers=headers) as answer:
        return answer.status


async def test_form_offers_every_shipped_script_and_language(
    browser: aiohttp.ClientSession, url: str
) -> None:
    async with browser.get(url) as answer:
        form = await answer.text()
    for folder in PROMPTS.iterdir():
        if folder.is_dir() and folder.name != COMMON:
            assert f"<option>{folder.name.replace('_', ' ')}</option>" in form
    for locale in ("en", "es", "fr", "de", "other"):
        assert f'<option value="{locale}">' in form
    assert "<!--" not in form


@pytest.mark.parametrize(
    ("form", "locale", "consent"),
    [
        ({"locale": "es", "keep_transcript": "on"}, "es", {"transcript"}),
        ({"locale": "other", "other_locale": " pl ", "keep_recording": "on"}, "pl", {"recording"}),
        ({"locale": "de"}, "de", set()),
        ({}, "en", set()),
    ],
)
async def test_register_puts_language_and_consent_into_the_jwt(
    browser: aiohttp.ClientSession, url: str, form: dict[str, str], locale: str, consent: set[str]
) -> None:
    claims = await register(browser, url, **form)
    assert claims["locale"] == locale
    assert {what for what, given in claims["consent"].items() if given} == consent


async def test_greeting_page_escapes_the_name(browser: aiohttp.ClientSession, url: str) -> None:
    name = "</script><script>alert(1)</script>"
    assert (await register(browser, url, name=name))["trainee"]["name"] == name


async def test_outcome_is_shown_to_the_trainee_alone(
    browser: aiohttp.ClientSession, url: str
) -> None:
    claims = await register(browser, url, locale="es")
    where = f"{url}/sessions/{claims['session_id']}/outcome"
    async with browser.get(claims["continue_url"]) as answer:
        page = await answer.text()
    assert f'"outcomeUrl": "/sessions/{claims["session_id"]}/outcome"' in page
    async with browser.get(where) as answer:
        assert await answer.json() == {"outcome": None}

    record = outcome(claims["session_id"])
    assert await send(browser, url, *signed(record)) == 204
    async with browser.get(where) as answer:
        assert (await answer.json())["outcome"] == record.model_dump(mode="json")
    async with aiohttp.ClientSession() as stranger, stranger.get(where) as answer:
        assert answer.status == 403


async def test_webhook_ignores_a_repeated_message(browser: aiohttp.ClientSession, url: str) -> None:
    claims = await register(browser, url)
    first = outcome(claims["session_id"])
    assert await send(browser, url, *signed(first)) == 204
    again = first.model_copy(update={"locale": "de"})
    assert await send(browser, url, *signed(again)) == 204
    async with browser.get(f"{url}/sessions/{claims['session_id']}/outcome") as answer:
        assert (await answer.json())["outcome"]["locale"] == "es"


async def test_outcome_of_the_last_greeting_is_shown(
    browser: aiohttp.ClientSession, url: str
) -> None:
    session = (await register(browser, url))["session_id"]
    later = outcome(session, started_at="2026-11-24T16:00:00Z", locale="fr")
    for record in (later, outcome(session)):
        assert await send(browser, url, *signed(record)) == 204
    async with browser.get(f"{url}/sessions/{session}/outcome") as answer:
        assert (await answer.json())["outcome"]["locale"] == "fr"


async def test_webhook_rejects_invalid_messages(browser: aiohttp.ClientSession, url: str) -> None:
    record = outcome("s")
    body, headers = signed(record)
    old, forged = signed(record, sent_at=time.time() - 600), signed(record, key=b"x" * 32)
    for sent, with_headers in (
        old,
        forged,
        (body.replace(b"forklift", b"forklifts"), headers),
        (body, {**headers, "webhook-id": "outcome_other"}),
        (body, {**headers, "webhook-signature": "v1,é"}),
        (body, {**headers, "webhook-timestamp": "soon"}),
        (body, {}),
    ):
        assert await send(browser, url, sent, with_headers) == 401


async def test_platform_serves_a_still_of_the_avatar(
    browser: aiohttp.ClientSession, url: str
) -> None:
    async with browser.get(url + POSTER_PATH) as answer:
        assert answer.status == 200
        assert answer.content_type == "image/jpeg"


async def test_video_page_without_a_session_has_no_outcome(
    browser: aiohttp.ClientSession, url: str
) -> None:
    for path in ("/video", "/sessions/unknown/video"):
        async with browser.get(url + path) as answer:
            assert answer.status == 200
            assert '"outcomeUrl": ""' in await answer.text()
