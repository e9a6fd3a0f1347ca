"""examples/django, run as a platform would run it: real Django, a real database, our product."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import httpx
import jwt
import pytest

from agent.demo.livekit_server import free_ports
from agent.demo.processes import end, plain_environment, wait_until_ready
from agent.outcomes.webhook import post_outcome
from tests.integration.django_site import (
    CONTINUE_URL,
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
from tests.support.waiting import until

WEBHOOK = "/webhooks/greeting-outcome/"


@pytest.fixture(scope="module")
async def site(product: Product, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A platform whose greeter is the running product."""
    shared = ("ENDPOINT_URL", "PLATFORM_API_KEY", "PLATFORM_JWT_SECRET")
    settings = {name: product.here.environment[name] for name in shared}
    async with django_site(tmp_path_factory.mktemp("django"), **settings) as running:
        yield running


@pytest.fixture(scope="module")
async def alone(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A platform that finds nobody at its greeter's address."""
    [port] = free_ports(1)
    settings = {"ENDPOINT_URL": f"http://127.0.0.1:{port}"}
    async with django_site(tmp_path_factory.mktemp("django"), **settings) as running:
        yield running


def said_to(client: LiveKitClient) -> str:
    return " ".join(text for _, text in client.captions)


async def test_trainee_is_greeted_by_the_name_the_platform_knows(
    product: Product, site: Site
) -> None:
    ada, session = await site.browser("ada"), next(site.of_ada)
    lies = {"trainee": {"name": "Mallory"}, "training_type": "forklift", "restart": True}
    answer = await ada.post(greeting(session), json=lies)
    assert answer.status_code == 201, answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    ticket = answer.json()
    assert ticket["fallback"]["continue_url"] == CONTINUE_URL

    client = await product.join(ticket["livekit_url"], ticket["livekit_token"])
    await until(lambda: "Ada" in said_to(client), 40, "she was not greeted by name")
    assert "warehouse" in said_to(client)
    assert "Mallory" not in said_to(client)
    assert client.avatar is not None

    again = await ada.post(greeting(session), json={"client": "avatar-greeting"})
    assert again.status_code == 200
    assert again.json()["room_name"] == ticket["room_name"]

    ended = await ada.post(greeting(session, "end/"), json={"reason": "continue"})
    assert ended.status_code == 200, ended.text
    await until(lambda: client.disconnected_at is not None, 5, "the room was not closed")
    await product.paid_avatars_left(ticket["room_name"])
    over = await ada.post(greeting(session), json={})
    assert over.status_code == 409
    assert over.json()["error"]["code"] == "session_ended"
    assert "Ada" in over.json()["fallback"]["welcome_text"]

    # And its outcome, posted as our courier does, is stored.
    outcome = await product.outcome(str(session))
    secret = site.environment["OUTCOME_WEBHOOK_SECRET"]
    async with aiohttp.ClientSession() as http:
        status = await post_outcome(
            http, site.url + WEBHOOK, secret, outcome["id"], json.dumps(outcome)
        )
    assert status == 201
    [stored] = [row for row in await site.outcomes() if row["session"] == session]
    assert (stored["script"], stored["ended_reason"]) == ("warehouse_safety", "continue")
    assert stored["outcome"] == outcome


async def test_browser_may_ask_the_endpoint_itself_with_the_platforms_jwt(
    product: Product, site: Site
) -> None:
    ada, session = await site.browser("ada"), next(site.of_ada)
    signed = (await ada.post(greeting(session, "token/"), json={})).json()
    async with httpx.AsyncClient(base_url=product.here.endpoint_url, timeout=15) as browser:
        headers = {"Authorization": signed["authorization"]}
        answer = await browser.post(greeting(session), json={}, headers=headers)
        assert answer.status_code == 201, answer.text
        assert "Ada" in answer.json()["fallback"]["welcome_text"]
        other = await browser.post(greeting(session + 1), json={}, headers=headers)
        assert other.status_code == 403


async def test_who_agreed_to_be_recorded_is_said_by_the_platform_alone(alone: Site) -> None:
    for name, session, agreed in (("ada", next(alone.of_ada), False), ("ben", OF_BEN, True)):
        trainee = await alone.browser(name)
        lie = {"consent": {"recording": not agreed, "transcript": True}}
        told = (await trainee.post(greeting(session, "token/"), json=lie)).json()
        claims = jwt.decode(
            told["authorization"].removeprefix("Bearer "),
            alone.environment["PLATFORM_JWT_SECRET"],
            algorithms=["HS256"],
        )
        assert claims["consent"] == {"transcript": False, "recording": agreed}


async def test_what_the_endpoint_refuses_is_passed_on(site: Site) -> None:
    ada, session = await site.browser("ada"), next(site.of_ada)
    answer = await ada.post(greeting(session, "end/"), json={"reason": "No Word At All"})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid_request"
    assert answer.json()["fallback"]["welcome_text"]


@pytest.mark.parametrize("what", ["", "end/", "token/"])
async def test_somebody_elses_session_is_as_if_it_were_not_there(alone: Site, what: str) -> None:
    ben = await alone.browser("ben")
    of_ada = await ben.post(greeting(next(alone.of_ada), what), json={})
    assert of_ada.status_code == 404
    assert of_ada.json()["fallback"]["welcome_text"].startswith("Welcome!")
    for nobodys in (404, 10**30):
        nothing = await ben.post(greeting(nobodys, what), json={})
        assert (nothing.status_code, nothing.json()) == (404, of_ada.json())


@pytest.mark.parametrize("what", ["", "end/", "token/"])
async def test_nobody_asks_without_logging_in(alone: Site, what: str) -> None:
    answer = await (await alone.browser(None)).post(greeting(next(alone.of_ada), what), json={})
    assert answer.status_code == 401
    assert answer.json()["fallback"]["welcome_text"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
@pytest.mark.parametrize("what", ["", "end/", "token/"])
async def test_what_a_form_of_another_site_could_send_is_refused(
    alone: Site, what: str, kind: str
) -> None:
    ada = await alone.browser("ada")
    answer = await ada.post(
        greeting(next(alone.of_ada), what), content=b"{}", headers={"Content-Type": kind}
    )
    assert answer.status_code == 415


Greeter = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def hangs(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


def says(status: str, body: str) -> Greeter:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write((head + body).encode())
        await writer.drain()
        writer.close()

    return answer


@pytest.mark.parametrize(
    "greeter",
    [
        pytest.param(None, id="is not there"),
        pytest.param(hangs, id="hangs"),
        pytest.param(says("502 Bad Gateway", "<html>bad gateway"), id="is a proxy's error page"),
        pytest.param(says("200 OK", "[]"), id="is somebody else"),
        pytest.param(says("401 Unauthorized", '{"success": false}'), id="refuses our key"),
    ],
)
async def test_trainee_is_welcomed_and_let_go_although_the_endpoint(
    alone: Site, greeter: Greeter | None
) -> None:
    ada = await alone.browser("ada")
    port = int(alone.environment["ENDPOINT_URL"].rpartition(":")[2])
    async with contextlib.AsyncExitStack() as stack:
        if greeter is not None:
            server = await asyncio.start_server(greeter, "127.0.0.1", port)
            stack.push_async_callback(server.wait_closed)
            stack.callback(server.close)
        async with asyncio.timeout(10):  # the page waits no longer
            answer = await ada.post(
                greeting(next(alone.of_ada)), json={"client": "avatar-greeting"}
            )
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert answer.json() == {
        "success": False,
        "error": {
            "code": "greeter_unavailable",
            "message": "no greeting can be had now",
            "retryable": True,
        },
        "fallback": {
            "welcome_text": "Welcome, Ada! Your training video is ready for you.",
            "locale": "en",
            "continue_url": CONTINUE_URL,
        },
    }


async def test_trainee_is_let_go_in_their_own_language(alone: Site) -> None:
    ben = await alone.browser("ben")
    fallback = (await ben.post(greeting(OF_BEN), json={})).json()["fallback"]
    assert fallback["locale"] == "es"
    assert fallback["welcome_text"].startswith("¡Te damos la bienvenida, Ben!")


async def test_outcome_is_stored_once_however_often_it_is_delivered(alone: Site) -> None:
    greeter = await alone.browser(None)
    outcome = an_outcome()
    secret = alone.environment["OUTCOME_WEBHOOK_SECRET"]
    before = len(await alone.outcomes())
    sent = [greeter.post(WEBHOOK, **delivery(outcome, secret)) for _ in range(5)]
    answers = [answer.status_code for answer in await asyncio.gather(*sent)]
    assert sorted(answers) == [200, 200, 200, 200, 201]
    later = await greeter.post(WEBHOOK, **delivery(outcome, secret))
    assert later.status_code == 200

    stored = (await alone.outcomes())[before:]
    assert len(stored) == 1
    told = outcome.model_dump(mode="json")
    del stored[0]["received_at"]
    assert stored[0] == {
        "webhook_id": f"outcome_{outcome.id}",
        "session": int(outcome.session_id),
        "script": "warehouse_safety",
        "script_version": 2,
        "locale": "es",
        "ended_reason": "continue",
        "answers": told["answers"],
        "outcome": told,
    }


async def test_forged_stale_or_garbled_outcome_is_refused_and_not_stored(alone: Site) -> None:
    greeter = await alone.browser(None)
    secret = alone.environment["OUTCOME_WEBHOOK_SECRET"]
    before = await alone.outcomes()
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
        answer = await greeter.post(WEBHOOK, **request)
        assert answer.status_code == 400, request
    assert await alone.outcomes() == before


async def test_outcome_of_no_session_here_is_taken_so_that_it_is_not_sent_for_ever(
    alone: Site,
) -> None:
    greeter = await alone.browser(None)
    secret = alone.environment["OUTCOME_WEBHOOK_SECRET"]
    before = await alone.outcomes()
    for nobodys in ("404", "no-number", str(10**30)):
        answer = await greeter.post(WEBHOOK, **delivery(an_outcome(nobodys), secret))
        assert answer.status_code == 202
    news = await greeter.post(WEBHOOK, **delivery(an_outcome(), secret, type="greeting.begun"))
    assert news.status_code == 200
    assert await alone.outcomes() == before


async def test_platform_without_its_settings_says_which_are_missing(alone: Site) -> None:
    lacking = ("PLATFORM_API_KEY", "OUTCOME_WEBHOOK_SECRET")
    settings = {k: v for k, v in alone.environment.items() if k not in lacking}
    with pytest.raises(AssertionError, match="set PLATFORM_API_KEY, OUTCOME_WEBHOOK_SECRET"):
        await manage(settings, "check")


async def test_migrations_are_those_of_the_models(alone: Site) -> None:
    await manage(alone.environment, "makemigrations", "--check", "--dry-run")


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="no bash, no curl")
async def test_readme_is_right_word_by_word(product: Product, tmp_path: Path) -> None:
    [port] = free_ports(1)
    blocks = re.findall(r"```sh\n(.*?)```", (EXAMPLE / "README.md").read_text(), re.DOTALL)
    ours = {
        "uv run python": sys.executable,
        "runserver": "runserver --noreload",
        "127.0.0.1:8000": product.here.endpoint_url.removeprefix("http://"),
        "8080": str(port),
    }
    for theirs, here in ours.items():
        blocks = [block.replace(theirs, here) for block in blocks]
    made_by_the_first_block = {
        "PLATFORM_API_KEY": product.here.environment["PLATFORM_API_KEY"],
        "PLATFORM_JWT_SECRET": product.here.environment["PLATFORM_JWT_SECRET"],
        "OUTCOME_WEBHOOK_SECRET": "whsec_Z3Vlc3NlZCBieSBub2JvZHkgYXQgYWxsIQ==",
    }
    environment = {
        **plain_environment(),
        **made_by_the_first_block,
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
        await wait_until_ready("platform", login, platform, log, 60)
        trainee = await asyncio.create_subprocess_exec(
            "bash", "-ec", blocks[2], stdout=asyncio.subprocess.PIPE
        )
        told, _ = await asyncio.wait_for(trainee.communicate(), 30)
    finally:
        await end(platform)
    assert b'"room_name": "training-session-1"' in told
    assert b"Ada" in told
