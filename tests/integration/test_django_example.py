"""The Django example with real Django, a real database and the running product."""

from __future__ import annotations

import asyncio
import contextlib
import html
import json
import os
import re
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import httpx
import jwt
import pytest

from agent.demo.livekit_server import free_ports
from agent.demo.processes import end, plain_environment, wait_until_ready
from agent.outcomes.outcome import Feedback
from agent.outcomes.webhook import post_outcome
from tests.integration.django_site import (
    CONTINUE_URL,
    DJANGO_APP,
    EXAMPLE,
    OF_BEN,
    Site,
    an_outcome,
    delivery,
    django_site,
    greeting,
    manage,
)
from tests.support.livekit_client import LiveKitClient
from tests.support.product import Product
from tests.support.restartable import Restartable
from tests.support.waiting import until, until_answer

WEBHOOK = "/webhooks/greeting-outcome/"


@pytest.fixture(scope="module")
async def site(
    shared_product: Restartable[Product], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    """A platform that calls the running product."""
    product = await shared_product.get()
    shared = ("ENDPOINT_URL", "PLATFORM_API_KEY", "PLATFORM_JWT_SECRET")
    settings = {name: product.stage.environment[name] for name in shared}
    async with django_site(tmp_path_factory.mktemp("django"), **settings) as running:
        yield running


@pytest.fixture(scope="module")
async def offline_site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A platform whose token endpoint is not running."""
    with socket.socket() as held:
        # Nothing listens, and the port stays reserved; a test may listen on it.
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        settings = {"ENDPOINT_URL": f"http://127.0.0.1:{held.getsockname()[1]}"}
        async with django_site(tmp_path_factory.mktemp("django"), **settings) as running:
            yield running


async def posted(browser: httpx.AsyncClient, path: str, body: dict[str, object]) -> httpx.Response:
    """Post as the page does: again if the platform got no answer from the endpoint within 6 s."""
    return await until_answer(
        lambda: browser.post(path, json=body), lambda answer: answer.status_code != 503
    )


def captions_of(client: LiveKitClient) -> str:
    return " ".join(text for _, text in client.captions)


async def test_avatar_greeting_uses_the_platforms_data_and_ends_on_request(
    product: Product, site: Site
) -> None:
    ada, session = await site.browser("ada"), next(site.of_ada)
    forged = {"trainee": {"name": "Mallory"}, "training_type": "forklift", "restart": True}
    answer = await posted(ada, greeting(session), forged)
    assert answer.status_code in (200, 201), answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    granted = answer.json()
    assert granted["fallback"]["continue_url"] == CONTINUE_URL

    client = await product.join(granted["livekit_url"], granted["livekit_token"])
    await until(lambda: "Ada" in captions_of(client), 60, "the trainee was not greeted by name")
    assert "warehouse" in captions_of(client)
    assert "Mallory" not in captions_of(client)
    await until(lambda: client.avatar is not None, 60, "no avatar joined")

    again = await posted(ada, greeting(session), {"client": "avatar-greeting"})
    assert again.status_code == 200
    assert again.json()["room_name"] == granted["room_name"]

    ended = await posted(ada, greeting(session, "end/"), {"reason": "continue"})
    assert ended.status_code == 200, ended.text
    await until(lambda: client.disconnected_at is not None, 60, "the room was not closed")
    await product.paid_avatars_left(granted["room_name"])
    over = await posted(ada, greeting(session), {})
    assert over.status_code == 409
    assert over.json()["error"]["code"] == "session_ended"
    assert "Ada" in over.json()["fallback"]["welcome_text"]

    # The platform stores the outcome that the product delivers.
    outcome = await product.outcome(str(session))
    secret = site.environment["OUTCOME_WEBHOOK_SECRET"]
    async with aiohttp.ClientSession() as http:
        status = await post_outcome(
            http, site.url + WEBHOOK, [secret], outcome["id"], json.dumps(outcome)
        )
    assert status == 201
    [stored] = [row for row in await site.outcomes() if row["session_id"] == str(session)]
    assert (stored["script"], stored["ended_reason"]) == ("warehouse_safety", "continue")
    assert stored["outcome"] == outcome

    invalid = await ada.post(greeting(session, "feedback/"), json={})
    assert invalid.status_code == 422
    given = {"helpful": True, "comment": "Kind"}
    kept = await posted(ada, greeting(session, "feedback/"), given)
    assert kept.status_code == 200
    outcome = await product.outcome(str(session))
    assert (outcome["feedback"]["helpful"], outcome["feedback"]["comment"]) == (True, "Kind")


async def test_token_view_signs_a_jwt_for_one_session(product: Product, site: Site) -> None:
    ada, session = await site.browser("ada"), next(site.of_ada)
    signed = (await ada.post(greeting(session, "token/"), json={})).json()
    async with httpx.AsyncClient(base_url=product.stage.endpoint_url, timeout=60) as browser:
        headers = {"Authorization": signed["authorization"]}
        answer = await browser.post(greeting(session), json={}, headers=headers)
        assert answer.status_code == 201, answer.text
        assert "Ada" in answer.json()["fallback"]["welcome_text"]
        other = await browser.post(greeting(session + 1), json={}, headers=headers)
        assert other.status_code == 403


async def test_token_view_takes_consent_from_the_database_only(offline_site: Site) -> None:
    for name, session, agreed in (("ada", next(offline_site.of_ada), False), ("ben", OF_BEN, True)):
        trainee = await offline_site.browser(name)
        forged = {"consent": {"recording": not agreed, "transcript": True}}
        signed = (await trainee.post(greeting(session, "token/"), json=forged)).json()
        claims = jwt.decode(
            signed["authorization"].removeprefix("Bearer "),
            offline_site.environment["PLATFORM_JWT_SECRET"],
            algorithms=["HS256"],
        )
        assert claims["consent"] == {"transcript": False, "recording": agreed}


async def test_end_view_forwards_errors_of_the_token_endpoint(site: Site) -> None:
    ada, session = await site.browser("ada"), next(site.of_ada)
    answer = await ada.post(greeting(session, "end/"), json={"reason": "Not A Valid Reason"})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid_request"
    assert answer.json()["fallback"]["welcome_text"]


@pytest.mark.parametrize("path", ["", "end/", "feedback/", "token/"])
async def test_views_answer_404_for_the_session_of_another_trainee(
    offline_site: Site, path: str
) -> None:
    ben = await offline_site.browser("ben")
    of_ada = await ben.post(greeting(next(offline_site.of_ada), path), json={})
    assert of_ada.status_code == 404
    assert of_ada.json()["fallback"]["welcome_text"].startswith("Welcome!")
    for missing in (404, 10**30, "abc"):
        answer = await ben.post(greeting(missing, path), json={})
        assert (answer.status_code, answer.json()) == (404, of_ada.json())


@pytest.mark.parametrize("path", ["", "end/", "feedback/", "token/"])
async def test_views_require_login(offline_site: Site, path: str) -> None:
    answer = await (await offline_site.browser(None)).post(
        greeting(next(offline_site.of_ada), path), json={}
    )
    assert answer.status_code == 401
    assert answer.json()["fallback"]["welcome_text"]


@pytest.mark.parametrize("path", ["", "end/", "feedback/", "token/"])
async def test_views_reject_requests_without_the_csrf_token(offline_site: Site, path: str) -> None:
    ada = await offline_site.browser("ada")
    del ada.headers["X-CSRFToken"]
    answer = await ada.post(greeting(next(offline_site.of_ada), path), json={})
    assert answer.status_code == 403


async def test_template_tag_renders_the_element_with_the_csrf_token(offline_site: Site) -> None:
    ada, session = await offline_site.browser("ada"), next(offline_site.of_ada)
    page = (await ada.get(f"/welcome/{session}/")).text
    [element] = re.findall(r"<training-greeter [^>]*>", page)
    attributes = {
        name: html.unescape(value) for name, value in re.findall(r'([a-z-]+)="([^"]*)"', element)
    }
    assert attributes["endpoint-url"] == greeting(session)
    assert attributes["continue-url"] == CONTINUE_URL
    assert f'src="{offline_site.environment["ENDPOINT_URL"]}/static/greeter.js"' in page
    ada.headers.update(json.loads(attributes["headers"]))
    answer = await ada.post(attributes["endpoint-url"], json={})
    assert answer.status_code == 503  # accepted; the token endpoint is not running


async def test_page_is_only_for_the_trainee_of_the_session(offline_site: Site) -> None:
    ada, nobody = await offline_site.browser("ada"), await offline_site.browser(None)
    page = await ada.get(f"/welcome/{next(offline_site.of_ada)}/")
    assert page.headers["cache-control"].startswith("max-age=0, no-cache")
    for session in (OF_BEN, "abc", "not one"):
        assert (await ada.get(f"/welcome/{session}/")).status_code == 404
    answer = await nobody.get(f"/welcome/{OF_BEN}/")
    assert answer.headers["location"] == f"/accounts/login/?next=/welcome/{OF_BEN}/"
    ben = await offline_site.browser("ben")
    assert '<html lang="es-MX">' in (await ben.get(f"/welcome/{OF_BEN}/")).text


Server = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def hangs(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


def answers(status: str, body: str) -> Server:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write((head + body).encode())
        await writer.drain()
        writer.close()

    return answer


@pytest.mark.parametrize(
    "server",
    [
        pytest.param(None, id="not running"),
        pytest.param(hangs, id="hangs"),
        pytest.param(answers("502 Bad Gateway", "<html>bad gateway"), id="proxy error page"),
        pytest.param(answers("200 OK", "[]"), id="another service"),
        pytest.param(answers("401 Unauthorized", '{"success": false}'), id="key rejected"),
    ],
)
async def test_avatar_greeting_answers_503_with_fallback_if_the_endpoint_fails(
    offline_site: Site, server: Server | None
) -> None:
    ada = await offline_site.browser("ada")
    port = int(offline_site.environment["ENDPOINT_URL"].rpartition(":")[2])
    async with contextlib.AsyncExitStack() as stack:
        if server is not None:
            running = await asyncio.start_server(server, "127.0.0.1", port)
            stack.push_async_callback(running.wait_closed)
            stack.callback(running.close)
        async with asyncio.timeout(20):  # the page waits 10 s; the machine may be busy
            answer = await ada.post(
                greeting(next(offline_site.of_ada)), json={"client": "avatar-greeting"}
            )
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert answer.json() == {
        "success": False,
        "error": {
            "code": "greeter_unavailable",
            "message": "the greeting is not available now",
            "retryable": True,
        },
        "fallback": {
            "welcome_text": "Welcome, Ada! Your training video is ready for you.",
            "locale": "en",
            "continue_url": CONTINUE_URL,
        },
    }


async def test_fallback_is_in_the_trainees_language(offline_site: Site) -> None:
    ben = await offline_site.browser("ben")
    fallback = (await ben.post(greeting(OF_BEN), json={})).json()["fallback"]
    assert fallback["locale"] == "es"
    assert fallback["welcome_text"].startswith("¡Te damos la bienvenida, Ben!")


async def test_webhook_stores_a_repeated_outcome_once(offline_site: Site) -> None:
    sender = await offline_site.browser(None)
    outcome = an_outcome()
    secret = offline_site.environment["OUTCOME_WEBHOOK_SECRET"]
    before = len(await offline_site.outcomes())
    sent = [sender.post(WEBHOOK, **delivery(outcome, secret)) for _ in range(5)]
    answers = [answer.status_code for answer in await asyncio.gather(*sent)]
    assert sorted(answers) == [200, 200, 200, 200, 201]
    later = await sender.post(WEBHOOK, **delivery(outcome, secret))
    assert later.status_code == 200

    stored = (await offline_site.outcomes())[before:]
    assert len(stored) == 1
    record = outcome.model_dump(mode="json")
    del stored[0]["received_at"]
    assert stored[0] == {
        "webhook_id": f"outcome_{outcome.id}",
        "session_id": outcome.session_id,
        "trainee_id": "",
        "script": "warehouse_safety",
        "script_version": 2,
        "locale": "es",
        "ended_reason": "continue",
        "answers": record["answers"],
        "outcome": record,
    }


async def test_webhook_adds_feedback_to_the_outcome(offline_site: Site) -> None:
    sender = await offline_site.browser(None)
    secret = offline_site.environment["OUTCOME_WEBHOOK_SECRET"]
    before = len(await offline_site.outcomes())
    outcome = an_outcome()
    with_feedback = outcome.model_copy(
        update={"feedback": Feedback(helpful=True, comment="Kind", at=datetime.now(UTC))}
    )
    # The last one is a late retry.
    for sent, type_, status in (
        (outcome, "greeting.ended", 201),
        (with_feedback, "greeting.feedback", 201),
        (with_feedback, "greeting.feedback", 200),
        (outcome, "greeting.ended", 200),
    ):
        answer = await sender.post(WEBHOOK, **delivery(sent, secret, type=type_))
        assert answer.status_code == status
    [stored] = (await offline_site.outcomes())[before:]
    assert stored["outcome"] == with_feedback.model_dump(mode="json")


async def test_webhook_rejects_forged_stale_and_malformed_outcomes(offline_site: Site) -> None:
    sender = await offline_site.browser(None)
    secret = offline_site.environment["OUTCOME_WEBHOOK_SECRET"]
    before = await offline_site.outcomes()
    good = delivery(an_outcome(), secret)
    forged = [
        delivery(an_outcome(), "whsec_Z3Vlc3NlZCBieSBzb21lYm9keSBlbHNl"),
        delivery(an_outcome(), secret, age_s=3600),
        delivery(an_outcome(), secret, age_s=-3600),
        {**good, "content": good["content"].replace(b"true", b"false")},
        {**good, "content": b"\xff\xfe"},
        {"content": good["content"]},
        *(
            {**good, "headers": {**good["headers"], name: value}}
            for name, value in [
                ("webhook-id", "outcome_other"),
                ("webhook-timestamp", "yesterday"),
                ("webhook-signature", "v1"),
                ("webhook-signature", "v1,not base64!"),
                ("webhook-signature", "v2,AAAA"),
            ]
        ),
    ]
    for request in forged:
        answer = await sender.post(WEBHOOK, **request)
        assert answer.status_code == 400, request
    assert await offline_site.outcomes() == before


async def test_webhook_ignores_other_types(offline_site: Site) -> None:
    sender = await offline_site.browser(None)
    secret = offline_site.environment["OUTCOME_WEBHOOK_SECRET"]
    before = await offline_site.outcomes()
    ignored = await sender.post(WEBHOOK, **delivery(an_outcome(), secret, type="greeting.unknown"))
    assert ignored.status_code == 200
    assert await offline_site.outcomes() == before


async def test_settings_name_every_missing_variable(offline_site: Site) -> None:
    missing = ("PLATFORM_API_KEY", "OUTCOME_WEBHOOK_SECRET")
    settings = {k: v for k, v in offline_site.environment.items() if k not in missing}
    with pytest.raises(AssertionError, match="set PLATFORM_API_KEY, OUTCOME_WEBHOOK_SECRET"):
        await manage(settings, "check")


async def test_check_names_a_url_without_its_scheme(offline_site: Site) -> None:
    settings = {**offline_site.environment, "ENDPOINT_URL": "greeter.example.com"}
    with pytest.raises(AssertionError, match="TRAINING_GREETER_ENDPOINT_URL does not begin with"):
        await manage(settings, "check")


async def test_migrations_match_the_models(offline_site: Site) -> None:
    await manage(offline_site.environment, "makemigrations", "--check", "--dry-run")
    await manage(offline_site.environment, "check")


async def test_delete_greeting_outcomes_deletes_those_of_one_session(offline_site: Site) -> None:
    sender = await offline_site.browser(None)
    secret = offline_site.environment["OUTCOME_WEBHOOK_SECRET"]
    for session in ("first", "second"):
        await sender.post(WEBHOOK, **delivery(an_outcome(session), secret))
    output = await manage(
        offline_site.environment, "delete_greeting_outcomes", "--session", "first"
    )
    assert output.strip() == "deleted 1 outcomes"
    left = {row["session_id"] for row in await offline_site.outcomes()}
    assert "second" in left
    assert "first" not in left


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="no bash, no curl")
async def test_readme_commands_work(product: Product, tmp_path: Path) -> None:
    [port] = free_ports(1)
    blocks = re.findall(r"```sh\n(.*?)```", (EXAMPLE / "README.md").read_text(), re.DOTALL)
    replacements = {
        "uv pip install ./integrations/django": "true",  # it is on PYTHONPATH
        "uv run python": sys.executable,
        "runserver": "runserver --noreload",
        "127.0.0.1:8000": product.stage.endpoint_url.removeprefix("http://"),
        "8080": str(port),
    }
    for old, new in replacements.items():
        blocks = [block.replace(old, new) for block in blocks]
    variables_of_the_first_block = {
        "PLATFORM_API_KEY": product.stage.environment["PLATFORM_API_KEY"],
        "PLATFORM_JWT_SECRET": product.stage.environment["PLATFORM_JWT_SECRET"],
        "OUTCOME_WEBHOOK_SECRET": "whsec_Z3Vlc3NlZCBieSBub2JvZHkgYXQgYWxsIQ==",
    }
    environment = {
        **plain_environment(),
        **variables_of_the_first_block,
        "PYTHONPATH": str(DJANGO_APP),
        "DJANGO_DB": str(tmp_path / "db.sqlite3"),
    }
    root, log = EXAMPLE.parents[1], tmp_path / "platform.log"
    with log.open("wb") as out:
        platform = await asyncio.create_subprocess_exec(
            "bash",
            "-ec",
            blocks[1],
            cwd=root,
            env=environment,
            stdout=out,
            stderr=out,
            start_new_session=os.name != "nt",
        )
    try:
        login = f"http://127.0.0.1:{port}/accounts/login/"
        await wait_until_ready("platform", login, platform, log, 120)
        trainee = await asyncio.create_subprocess_exec(
            "bash", "-ec", blocks[2], stdout=asyncio.subprocess.PIPE
        )
        output, _ = await asyncio.wait_for(trainee.communicate(), 120)
    finally:
        await end(platform)
    assert b'"room_name": "training-session-1"' in output
    assert b"Ada" in output
