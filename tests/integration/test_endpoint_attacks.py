"""Attacks on a running endpoint process, by the OWASP API top ten.

- attacks.py: the requests, and the response that each must get
- this file: those requests, malformed HTTP, request smuggling
- tests/unit/test_token_endpoint_rate_limits.py: floods
- tests/unit/test_token_endpoint_jwks.py: forged tokens if the platform publishes its keys
- tests/unit/test_token_endpoint_requests.py: the fields of a request body

The requests are written to the socket, because HTTP clients refuse to send most of them.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from tests.integration.attacks import ALL, Attack
from tests.support.endpoint_app import LIVEKIT_SECRET
from tests.support.endpoint_process import UNEXPECTED_ERROR, Endpoint, endpoint, endpoint_env
from tests.support.endpoint_requests import (
    API_KEY,
    JWT_SECRET,
    ORIGIN,
    path_of,
)


@pytest.fixture(scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Endpoint]:
    folder = tmp_path_factory.mktemp("endpoint")
    env = endpoint_env(
        None,
        folder / "state",
        CORS_ALLOWED_ORIGINS=ORIGIN,
        **dict.fromkeys(("RATE_LIMIT_SESSION", "RATE_LIMIT_TRAINEE", "RATE_LIMIT_BACKEND"), "off"),
    )
    async with endpoint(env, folder) as started:
        yield started
        assert started.process.returncode is None, "the endpoint exited"
    said = "\n".join(started.log)
    for text in ("Traceback", "eyJ", API_KEY, JWT_SECRET, LIVEKIT_SECRET, UNEXPECTED_ERROR):
        assert text not in said, said[-2000:]


async def send(http: httpx.AsyncClient, attack: Attack) -> tuple[int, dict[str, str], bytes]:
    """Write the request to a socket, and read until the endpoint closes the connection."""
    headers = attack.headers
    listed = list(headers.items()) if isinstance(headers, dict) else headers
    lines = [f"{attack.method} {attack.path} HTTP/1.1".encode(), b"Host: evil.example"]
    lines += [
        k.encode() + b": " + (v if isinstance(v, bytes) else v.encode("latin-1")) for k, v in listed
    ]
    if attack.length:
        lines.append(f"Content-Length: {len(attack.body)}".encode())
    if not any(k == "Connection" for k, _ in listed):
        lines.append(b"Connection: close")
    reader, writer = await asyncio.open_connection(http.base_url.host, http.base_url.port)
    try:
        writer.write(b"\r\n".join([*lines, b"", attack.body]))
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 120)).decode("latin-1")
        status, *rest = head.strip().split("\r\n")
        found = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in rest)}
        size = int(found["content-length"])
        return int(status.split()[1]), found, await asyncio.wait_for(reader.readexactly(size), 120)
    finally:
        writer.close()


@pytest.fixture(scope="module")
async def error_schema(served: Endpoint) -> dict[str, Any]:
    document = (await served.http.get("/openapi.json")).json()
    return {"$ref": "#/components/schemas/ErrorResponse", "components": document["components"]}


@pytest.mark.parametrize("attack", ALL, ids=lambda a: a.name)
async def test_attack_gets_the_expected_response(
    served: Endpoint, error_schema: dict[str, Any], attack: Attack
) -> None:
    begun = time.monotonic()
    status, headers, content = await send(served.http, attack)
    assert time.monotonic() - begun < 20  # at most 3 s, for LiveKit
    body = json.loads(content)
    assert (status, body["error"]["code"]) == attack.expected, body
    assert headers.get("www-authenticate") == ("Bearer" if status == 401 else None)
    Draft202012Validator(error_schema).validate(body)
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "x-evil" not in headers
    assert body["fallback"]["welcome_text"]
    assert body["fallback"]["continue_url"].startswith("https://platform.example/")
    for never in (API_KEY, JWT_SECRET, LIVEKIT_SECRET, "eyJ", "Traceback", "/agent/"):
        assert never not in content.decode()


def test_attack_names_are_unique() -> None:
    assert len({a.name for a in ALL}) == len(ALL)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n\r\n",  # no Host
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n",
        b"GET / HTTP/1.1\nHost: x\n\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: a\r\n" * 20_000 + b"\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: "
        + b"a" * 200_000,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + b"\x00" * 100,
        b"\r\n\r\n\r\n\r\n nonsense \r\n\r\n",
    ],
    ids=lambda sent: sent[:60].decode("latin-1"),
)
async def test_malformed_http_is_rejected_and_closed(
    served: Endpoint, error_schema: dict[str, Any], sent: bytes
) -> None:
    url = served.http.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    try:
        writer.write(sent)
        try:
            answer = await asyncio.wait_for(reader.read(), 120)
        except ConnectionError:
            answer = b""
        assert answer == b"" or answer.split()[1][:1] == b"4", answer[:200]
        if answer:
            said = answer.partition(b"\r\n\r\n")[2].decode()
            body, _ = json.JSONDecoder().raw_decode(said)  # the preface of HTTP/2 has two answers
            Draft202012Validator(error_schema).validate(body)
            assert body["fallback"]["welcome_text"]
    finally:
        writer.close()


async def test_smuggled_second_request_is_not_answered(served: Endpoint) -> None:
    url = served.http.base_url
    inner = f"POST {path_of('8', end=True)} HTTP/1.1\r\nHost: x\r\nX-API-Key: {API_KEY}\r\n\r\n"
    sent = (
        f"POST {path_of('7')} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        f"Content-Length: {5 + len(inner)}\r\n\r\n0\r\n\r\n{inner}"
    )
    reader, writer = await asyncio.open_connection(url.host, url.port)
    try:
        writer.write(sent.encode())
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 120)
    finally:
        writer.close()
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"livekit_unavailable" not in answer
