"""The endpoint's HTTP API, served by a process; test_endpoint_attacks.py has what it rejects."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from livekit import api

from agent.demo.livekit_server import LiveKitServer
from tests.support.endpoint_process import (
    LONG_LIVEKIT_TIMEOUT,
    Endpoint,
    check_error,
    endpoint,
    endpoint_env,
)
from tests.support.endpoint_requests import BACKEND, CONTINUE_URL, bearer, browser, path_of

ORIGIN = "https://platform.example"


@pytest.fixture(scope="module")
async def served(
    livekit: LiveKitServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Endpoint]:
    folder = tmp_path_factory.mktemp("endpoint")
    env = endpoint_env(
        livekit,
        folder / "state",
        CORS_ALLOWED_ORIGINS=ORIGIN,
        LIVEKIT_PUBLIC_URL="https://public.example",
        **LONG_LIVEKIT_TIMEOUT,
    )
    async with endpoint(env, folder) as started:
        yield started
    said = "\n".join(started.log)
    assert "Traceback" not in said
    assert "eyJ" not in said, "a token reached the log"
    assert BACKEND["X-API-Key"] not in said
    assert "Asha" not in said, "a name reached the log"


@pytest.fixture
def http(served: Endpoint) -> httpx.AsyncClient:
    return served.http


async def test_start_returns_room_and_token_also_in_token_source_format(
    http: httpx.AsyncClient, livekit: LiveKitServer
) -> None:
    told = {"trainee": {"id": "t-1", "name": "Asha"}, "continue_url": "https://x.example/v?s=1"}
    first = await http.post(path_of("1"), headers=BACKEND, json=told)
    again = await http.post(path_of("1"), headers=BACKEND, json=told)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.headers["cache-control"] == again.headers["cache-control"] == "no-store"
    body = first.json()
    token = body["livekit_token"]
    assert body == {
        "success": True,
        "session_id": "1",
        "room_name": "training-session-1",
        "livekit_url": "wss://public.example",
        "server_url": "wss://public.example",
        "livekit_token": token,
        "participant_token": token,
        "introduction": body["introduction"],  # tests/unit/test_scripts_introduction.py
        "rejoins": False,
        "fallback": {
            "welcome_text": body["fallback"]["welcome_text"],
            "continue_url": "https://x.example/v?s=1",
            "locale": "en",
        },
    }
    assert "Asha" in body["fallback"]["welcome_text"]
    claims = api.TokenVerifier(livekit.api_key, livekit.api_secret).verify(token)
    assert (claims.identity, claims.name, claims.attributes) == ("trainee-1", "Asha", {})


async def test_start_by_the_browser_greets_the_trainee_of_the_jwt(
    http: httpx.AsyncClient, livekit: LiveKitServer
) -> None:
    header = browser("2", trainee={"name": "Asha"}, continue_url="https://next.example/")
    answer = await http.post(path_of("2"), headers=header, json={"client": "avatar-greeting"})
    assert answer.status_code == 201
    body = answer.json()
    assert body["fallback"]["continue_url"] == "https://next.example/"
    claims = api.TokenVerifier(livekit.api_key, livekit.api_secret).verify(body["livekit_token"])
    assert (claims.name, claims.attributes) == ("Asha", {"greeting.client": "avatar-greeting"})


@pytest.mark.parametrize(
    ("asked", "told", "welcome"), [("es-MX", "es", "¡"), ("fr", "fr", "B"), ("nl", "en", "W")]
)
async def test_fallback_has_the_locale_of_its_welcome_text(
    http: httpx.AsyncClient, asked: str, told: str, welcome: str
) -> None:
    session = f"language-{asked}"
    spoken = {"trainee": {"name": "Asha"}, "locale": asked}
    first = await http.post(path_of(session), headers=BACKEND, json=spoken)
    await http.post(path_of(session, end=True), headers=BACKEND)
    refused = await http.post(path_of(session), headers=BACKEND, json=spoken)
    assert (first.status_code, refused.status_code) == (201, 409)
    for answer in (first, refused):
        fallback = answer.json()["fallback"]
        assert fallback["locale"] == told
        assert fallback["welcome_text"].startswith(welcome)


async def raw_answer(http: httpx.AsyncClient, sent: bytes) -> bytes:
    """Send a request that never ends; read until the endpoint closes the connection."""
    reader, writer = await asyncio.open_connection(http.base_url.host, http.base_url.port)
    try:
        head = f"POST {path_of('6')} HTTP/1.1\r\nHost: x\r\nX-API-Key: {BACKEND['X-API-Key']}\r\n"
        writer.write(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + sent)
        return await asyncio.wait_for(reader.read(), 120)
    finally:
        writer.close()


async def test_body_that_does_not_end_is_rejected_in_time(http: httpx.AsyncClient) -> None:
    large, slow = await asyncio.gather(
        raw_answer(http, b"2000\r\n" + b" " * 8192 + b"\r\n" + b"10000\r\n" + b" " * 65_000),
        raw_answer(http, b"1\r\n \r\n"),
    )
    assert large.startswith(b"HTTP/1.1 413 ")
    assert slow.startswith(b"HTTP/1.1 408 ")
    assert b'"body_too_slow"' in slow


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/x+json", None])
async def test_start_accepts_json_content_types(http: httpx.AsyncClient, kind: str | None) -> None:
    headers = {**BACKEND, **({"Content-Type": kind} if kind else {})}
    answer = await http.post(path_of("1"), headers=headers, content=b' {"restart": false}')
    assert answer.status_code in (200, 201)


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_health_answers_head(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


async def test_end_is_idempotent(http: httpx.AsyncClient) -> None:
    started = (await http.post(path_of("7"), headers=browser("7"))).json()
    ends = [
        await http.post(path_of("7", end=True), headers=headers, json={"reason": "continue"})
        for headers in (browser("7"), BACKEND, bearer(started["livekit_token"]))
    ]
    ends.append(await http.post(path_of("7", end=True)[:-1], headers=BACKEND))
    assert [e.status_code for e in ends] == [200] * 4
    assert all(set(e.json()) == {"success", "session_id", "room_name", "fallback"} for e in ends)
    refused = await http.post(path_of("7"), headers=browser("7", trainee={"name": "Asha"}))
    check_error(refused, 409, "session_ended")
    assert "Asha" in refused.json()["fallback"]["welcome_text"]
    other = await http.post(path_of("8", end=True), headers=bearer(started["livekit_token"]))
    check_error(other, 403, "forbidden")


async def test_cors_allows_only_the_configured_origin(http: httpx.AsyncClient) -> None:
    ask = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-api-key",
    }
    ours = await http.options(path_of("1"), headers={"Origin": ORIGIN, **ask})
    assert ours.status_code == 200
    assert ours.headers["access-control-allow-origin"] == ORIGIN
    for origin in (
        *("https://evil.example", "null", ORIGIN.upper()),
        *(f"{ORIGIN}.evil.example", f"{ORIGIN}:444"),
    ):
        other = await http.options(path_of("1"), headers={"Origin": origin, **ask})
        check_error_shape(other)
        simple = await http.post(path_of("1"), headers={"Origin": origin})
        for answer in (other, simple):
            assert "access-control-allow-origin" not in answer.headers
            assert "access-control-allow-credentials" not in answer.headers
    # Errors must be readable for our page too.
    error = await http.post(path_of("1"), headers={"Origin": ORIGIN})
    assert (error.status_code, error.headers["access-control-allow-origin"]) == (401, ORIGIN)


def check_error_shape(answer: httpx.Response) -> None:
    assert answer.status_code == 403
    assert answer.json()["success"] is False
    assert answer.json()["fallback"]["continue_url"] == CONTINUE_URL


async def test_openapi_describes_every_response(http: httpx.AsyncClient) -> None:
    document = (await http.get("/openapi.json")).json()
    start = document["paths"][path_of("{session_id}")]["post"]["responses"]
    assert set(start) == {
        *("200", "201", "400", "401", "403", "404", "405", "408", "409"),
        *("413", "415", "422", "429", "500", "503"),
    }
    for status, answer in start.items():
        shape = answer["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert shape == ("GreetingResponse" if status < "300" else "ErrorResponse")
    assert "GreetingRequest" in document["components"]["schemas"]
    assert "HTTPValidationError" not in json.dumps(document)
    assert (await http.get("/healthz")).json() == {"status": "ok"}
