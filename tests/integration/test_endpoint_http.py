"""What the endpoint answers, over HTTP, as its own process; LiveKit is real where it is needed."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from livekit import api

from agent.demo.livekit_server import LiveKitServer, ensure_binary, livekit_server
from tests.integration.endpoint_fixtures import (
    BACKEND,
    CONTINUE_URL,
    Endpoint,
    bearer,
    browser,
    endpoint,
    endpoint_env,
    path_of,
)

ORIGIN = "https://platform.example"


@pytest.fixture(scope="module")
async def livekit(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveKitServer]:
    log = tmp_path_factory.mktemp("livekit") / "log"
    async with livekit_server(await ensure_binary(), log) as server:
        yield server


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


def check_error(answer: httpx.Response, status: int, code: str, *, retryable: bool = False) -> str:
    """The one shape of errors; returns the message."""
    assert answer.status_code == status, answer.text
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"success", "error", "fallback"}
    assert body["success"] is False
    message: str = body["error"].pop("message")
    assert body["error"] == {"code": code, "retryable": retryable}
    assert body["fallback"]["welcome_text"].startswith("Welcome")
    assert body["fallback"]["continue_url"].startswith("https://")
    assert body["fallback"]["locale"] == "en"
    return message


async def test_the_answer_is_the_orders_and_the_token_sources_in_one(
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
        "fallback": {
            "welcome_text": body["fallback"]["welcome_text"],
            "continue_url": "https://x.example/v?s=1",
            "locale": "en",
        },
    }
    assert "Asha" in body["fallback"]["welcome_text"]
    claims = api.TokenVerifier(livekit.api_key, livekit.api_secret).verify(token)
    assert (claims.identity, claims.name, claims.attributes) == ("trainee-1", "Asha", {})


async def test_the_browsers_token_says_who_is_greeted(
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
async def test_the_welcome_says_its_language_also_when_it_is_all_there_is(
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


async def test_an_odd_trainee_is_still_greeted(http: httpx.AsyncClient) -> None:
    odd = {"trainee": {"id": None, "name": "\u202e" + "A\u0000" * 9000}, "locale": 17, "role": []}
    answer = await http.post(path_of("odd"), headers=BACKEND, json=odd)
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "unauthorized"),
        ({"X-API-Key": "wrong"}, 401, "unauthorized"),
        ({"X-API-Key": "wr\xf6ng".encode("latin-1").decode("latin-1")}, 401, "unauthorized"),
        ({"Authorization": "Bearer x"}, 401, "unauthorized"),
        (browser("3", exp=time.time() - 5), 401, "unauthorized"),
        # Made when the tests are collected, which may be long before they run.
        (browser("4", exp=time.time() + 86_400), 403, "forbidden"),
    ],
)
@pytest.mark.parametrize("end", [False, True])
async def test_strangers_get_the_general_welcome(
    http: httpx.AsyncClient, headers: dict[str, str], status: int, code: str, end: bool
) -> None:
    raw = [(k.encode(), v.encode("latin-1")) for k, v in headers.items()]
    answer = await http.post(path_of("3", end=end), headers=raw)
    check_error(answer, status, code)
    assert answer.json()["fallback"]["continue_url"] == CONTINUE_URL
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"room_name": "training-session-9"}, "room_name"),
        ({"participant_identity": "agent"}, "participant_identity"),
        ({"room_config": {"egress": {"room": {}}}, "grants": {"a": 1}}, "room_config.egress"),
        ({"trainee": {"name": "Eve"}}, "trainee"),
        ({"restart": True}, "restart"),
    ],
)
async def test_a_browser_is_told_which_field_it_may_not_choose(
    http: httpx.AsyncClient, body: dict[str, Any], named: str
) -> None:
    answer = await http.post(path_of("5"), headers=browser("5"), json=body)
    assert named in check_error(answer, 403, "field_not_allowed")


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "malformed_json"),
        (b"\xff\xfe", "application/json", 400, "malformed_json"),
        (b"[" * 30_000, "application/json", 400, "malformed_json"),
        (b'{"role": "\\ud800"}', "application/json", 400, "malformed_json"),
        (b"[]", "application/json", 422, "invalid_request"),
        (b"null", "application/json", 422, "invalid_request"),
        (b'{"trainee": "Asha"}', "application/json", 422, "invalid_request"),
        (b'{"continue_url": "javascript:alert(1)"}', "application/json", 422, "invalid_request"),
        (b"{}", "text/plain", 415, "not_json"),
        (b"a=b", "application/x-www-form-urlencoded", 415, "not_json"),
        (b" " * 70_000, "application/json", 413, "body_too_large"),
    ],
)
async def test_a_body_that_cannot_be_used(
    http: httpx.AsyncClient, content: bytes, kind: str, status: int, code: str
) -> None:
    headers = {**BACKEND, "Content-Type": kind}
    answer = await http.post(path_of("6"), headers=headers, content=content)
    message = check_error(answer, status, code)
    if b"continue_url" in content:
        assert message == "continue_url: must be an http(s) URL, or empty for CONTINUE_URL"


async def raw_answer(http: httpx.AsyncClient, sent: bytes) -> bytes:
    """All that comes until the endpoint hangs up, to a request that never ends."""
    reader, writer = await asyncio.open_connection(http.base_url.host, http.base_url.port)
    try:
        head = f"POST {path_of('6')} HTTP/1.1\r\nHost: x\r\nX-API-Key: {BACKEND['X-API-Key']}\r\n"
        writer.write(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + sent)
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()


async def test_a_body_that_does_not_end_is_cut_off(http: httpx.AsyncClient) -> None:
    large, slow = await asyncio.gather(
        raw_answer(http, b"2000\r\n" + b" " * 8192 + b"\r\n" + b"10000\r\n" + b" " * 65_000),
        raw_answer(http, b"1\r\n \r\n"),
    )
    assert large.startswith(b"HTTP/1.1 413 ")
    assert slow.startswith(b"HTTP/1.1 408 ")
    assert b'"body_too_slow"' in slow


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/x+json", None])
async def test_json_by_another_name_is_read(http: httpx.AsyncClient, kind: str | None) -> None:
    headers = {**BACKEND, **({"Content-Type": kind} if kind else {})}
    answer = await http.post(path_of("1"), headers=headers, content=b' {"restart": false}')
    assert answer.status_code in (200, 201)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "not_found"),
        ("POST", "/api/users/sessions/a%2Fb/avatar-greeting/", 404, "not_found"),
        ("POST", "/api/users/sessions//avatar-greeting/", 404, "not_found"),
        ("GET", path_of("1"), 405, "method_not_allowed"),
        ("DELETE", path_of("1", end=True), 405, "method_not_allowed"),
        ("POST", path_of("a%20b"), 422, "invalid_request"),
        ("POST", path_of("%2e%2e"), 422, "invalid_request"),
        ("POST", path_of("a%00"), 422, "invalid_request"),
        ("POST", path_of("a%0a"), 422, "invalid_request"),
        ("POST", path_of("x" * 129), 422, "invalid_request"),
    ],
)
async def test_other_addresses_have_the_same_shape(
    http: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    url = httpx.URL(str(http.base_url)).copy_with(raw_path=path.encode())
    check_error(await http.request(method, url, headers=BACKEND), status, code)


async def test_the_end_is_the_same_however_often(http: httpx.AsyncClient) -> None:
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


async def test_a_reason_that_is_no_word_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post(path_of("7", end=True), headers=BACKEND, json={"reason": "a\nb"})
    assert "reason" in check_error(answer, 422, "invalid_request")


async def test_only_the_allowed_origin_may_ask_from_a_page(http: httpx.AsyncClient) -> None:
    ask = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-api-key",
    }
    ours = await http.options(path_of("1"), headers={"Origin": ORIGIN, **ask})
    assert ours.status_code == 200
    assert ours.headers["access-control-allow-origin"] == ORIGIN
    for origin in ("https://evil.example", "null", ORIGIN + ".evil.example", ORIGIN + ":444"):
        other = await http.options(path_of("1"), headers={"Origin": origin, **ask})
        check_error_shape(other)
        assert "access-control-allow-origin" not in other.headers
    # Errors must be readable for our page too.
    error = await http.post(path_of("1"), headers={"Origin": ORIGIN})
    assert (error.status_code, error.headers["access-control-allow-origin"]) == (401, ORIGIN)


def check_error_shape(answer: httpx.Response) -> None:
    assert answer.status_code == 403
    assert answer.json()["success"] is False
    assert answer.json()["fallback"]["continue_url"] == CONTINUE_URL


async def test_every_answer_is_in_the_openapi_document(http: httpx.AsyncClient) -> None:
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


async def test_no_cors_unless_it_is_set_up(livekit: LiveKitServer, tmp_path: Path) -> None:
    async with endpoint(endpoint_env(livekit, tmp_path / "s"), tmp_path) as plain:
        ask = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
        answer = await plain.http.options(path_of("1"), headers=ask)
        check_error(answer, 405, "method_not_allowed")
        assert "access-control-allow-origin" not in answer.headers
        plain.process.terminate()
        assert await asyncio.wait_for(plain.process.wait(), 5) == 0


async def test_an_unreachable_livekit_is_a_503_in_time_and_the_welcome(
    livekit: LiveKitServer, tmp_path: Path
) -> None:
    with socket.socket() as hung:  # accepts, and never answers
        hung.bind(("127.0.0.1", 0))
        hung.listen()
        env = endpoint_env(
            livekit,
            tmp_path / "s",
            LIVEKIT_URL=f"ws://127.0.0.1:{hung.getsockname()[1]}",
            LIVEKIT_TIMEOUT_S="1",
        )
        async with endpoint(env, tmp_path) as cut_off:
            begun = time.monotonic()
            told = {"trainee": {"name": "Asha"}}
            answer = await cut_off.http.post(path_of("1"), headers=BACKEND, json=told)
            assert time.monotonic() - begun < 2.5
            check_error(answer, 503, "livekit_unavailable", retryable=True)
            assert int(answer.headers["retry-after"]) >= 1
            assert "Asha" in answer.json()["fallback"]["welcome_text"]
            assert any("CreateRoom: LiveKit was not reached" in line for line in cut_off.log)


async def test_refused_livekit_credentials_do_not_reach_answer_or_log(
    livekit: LiveKitServer, tmp_path: Path
) -> None:
    env = endpoint_env(livekit, tmp_path / "s", LIVEKIT_API_SECRET="w" * 40)
    async with endpoint(env, tmp_path) as wrong:
        answer = await wrong.http.post(path_of("1"), headers=BACKEND)
        check_error(answer, 503, "livekit_unavailable", retryable=True)
        said = "\n".join(wrong.log) + answer.text
        assert "LiveKit answered 401" in said
        assert "eyJ" not in said


async def test_a_store_that_is_down_lets_nobody_spend(
    livekit: LiveKitServer, tmp_path: Path
) -> None:
    env = endpoint_env(livekit, tmp_path / "s", REDIS_URL="redis://:password@127.0.0.1:1/0")
    async with endpoint(env, tmp_path) as forgetful:
        for end in (False, True):
            answer = await forgetful.http.post(path_of("1", end=end), headers=BACKEND)
            check_error(answer, 503, "store_unavailable", retryable=True)
        assert "password" not in "\n".join(forgetful.log)


async def run(*arguments: str, env: dict[str, str], cwd: Path) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "agent.token_endpoint",
        *arguments,
        env=env,
        cwd=cwd,
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await asyncio.wait_for(process.communicate(), 20)
    return process.returncode, err.decode()


async def test_it_says_what_is_missing_and_leaves(livekit: LiveKitServer, tmp_path: Path) -> None:
    env = endpoint_env(livekit, tmp_path / "s")
    for name in ("LIVEKIT_URL", "LIVEKIT_API_KEY"):
        del env[name]
    code, said = await run(env=env, cwd=tmp_path)
    assert code == 2
    assert "LIVEKIT_URL" in said
    assert "LIVEKIT_API_KEY" in said
    assert "Traceback" not in said


async def test_a_busy_port_is_one_clear_line(livekit: LiveKitServer, tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = str(busy.getsockname()[1])
        code, said = await run("--port", port, env=endpoint_env(livekit, tmp_path), cwd=tmp_path)
    assert code == 1
    assert f"127.0.0.1:{port}" in said
    assert len(said.splitlines()) == 1


async def test_the_real_environment_wins_over_the_file(
    livekit: LiveKitServer, tmp_path: Path
) -> None:
    env = endpoint_env(livekit, tmp_path / "s")
    del env["CONTINUE_URL"]
    (tmp_path / ".env").write_text(
        "CONTINUE_URL=https://from.file/\nPLATFORM_API_KEY=another-backends-key\n"
    )
    async with endpoint(env, tmp_path) as started:
        answer = await started.http.post(path_of("1"), headers=BACKEND)
        assert answer.status_code == 201
        assert answer.json()["fallback"]["continue_url"] == "https://from.file/"
