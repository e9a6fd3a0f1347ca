"""Malformed and unfinished requests. Fails if an update changes uvicorn's internals."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from uvicorn.server import ServerState

from agent.token_endpoint.__main__ import KEEP_ALIVE_S, server_config
from agent.token_endpoint.http import uvicorn_server
from agent.token_endpoint.http.uvicorn_server import EndpointHttpProtocol, http_protocol_for
from tests.support.endpoint_app import settings
from tests.support.process_logs import logged
from tests.support.waiting import until


class FakeTransport(asyncio.Transport):
    """Keeps what is written; closes at once, as a socket with an empty buffer does."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = asyncio.Event()

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.closed.set()

    def is_closing(self) -> bool:
        return self.closed.is_set()

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


async def _app(scope: Any, receive: Any, send: Any) -> None:
    # Its head is sent before the body is read, as no route of ours does: the worst case.
    head: dict[str, Any] = {"type": "http.response.start", "status": 200, "headers": []}
    await send(head)
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.body", "body": b"{}"})


Connect = Callable[..., tuple[EndpointHttpProtocol, FakeTransport]]


@pytest.fixture
def connect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Connect:
    state = ServerState()

    def connected(
        *, head_timeout_s: float = 60, keep_alive_s: float = 60, most: int = 99
    ) -> tuple[EndpointHttpProtocol, FakeTransport]:
        monkeypatch.setattr(uvicorn_server, "HEAD_TIMEOUT_S", head_timeout_s)
        wire = http_protocol_for(settings(tmp_path), connections_max=most)
        config = uvicorn.Config(
            _app,
            http=wire,
            ws="none",
            lifespan="off",
            log_config=None,
            timeout_keep_alive=keep_alive_s,  # type: ignore[arg-type]
        )
        config.load()
        protocol, transport = wire(config, state, {}), FakeTransport()
        protocol.connection_made(transport)
        return protocol, transport

    return connected


@pytest.mark.parametrize(
    "sent", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\xa5\x01\r\n\r\n"]
)
async def test_malformed_requests_get_the_error_body(connect: Connect, sent: bytes) -> None:
    protocol, transport = connect()
    protocol.data_received(sent)
    head, _, body = transport.written.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    for header in (b"application/json", b"cache-control: no-store", b"connection: close"):
        assert header in head.lower()
    told = json.loads(body)
    assert told["error"]["code"] == "malformed_request"
    assert told["fallback"]["welcome_text"]
    assert told["fallback"]["continue_url"] == "https://platform.example/video"
    assert transport.closed.is_set()


async def test_malformed_data_during_a_response_closes_the_connection(connect: Connect) -> None:
    protocol, transport = connect()
    protocol.data_received(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    await until(lambda: b"HTTP/1.1 200" in transport.written)
    protocol.data_received(b"no chunk\r\n")
    assert transport.closed.is_set()
    assert b"HTTP/1.1 400" not in transport.written


async def test_unfinished_head_closes_the_connection(connect: Connect) -> None:
    for sent in (b"", b"GET / HTTP/1.1\r\nHost: x\r\nX: "):
        protocol, transport = connect(head_timeout_s=0.05)
        if sent:
            protocol.data_received(sent)
        async with asyncio.timeout(30):
            await transport.closed.wait()
        assert transport.written == b""


async def test_request_in_progress_is_not_closed(connect: Connect) -> None:
    protocol, transport = connect(head_timeout_s=0.05)
    protocol.data_received(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{")
    await asyncio.sleep(0.15)
    assert not transport.closed.is_set()
    protocol.data_received(b"}")
    await until(lambda: b"{}" in transport.written)


REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def answered(transport: FakeTransport, times: int) -> None:
    await until(lambda: transport.written.count(b"{}") >= times)


async def test_idle_connection_stays_open_longer_than_load_balancers_keep_it(
    connect: Connect,
) -> None:
    protocol, transport = connect(head_timeout_s=0.05, keep_alive_s=2)
    protocol.data_received(REQUEST)
    await answered(transport, 1)
    await asyncio.sleep(0.2)
    assert not transport.closed.is_set(), "the limit for a head does not apply"
    protocol.data_received(REQUEST)
    await answered(transport, 2)
    async with asyncio.timeout(30):
        await transport.closed.wait()


async def test_unfinished_head_of_a_later_request_closes_the_connection(connect: Connect) -> None:
    protocol, transport = connect(head_timeout_s=0.05, keep_alive_s=60)
    protocol.data_received(REQUEST)
    await answered(transport, 1)
    protocol.data_received(REQUEST[:10])
    async with asyncio.timeout(30):
        await transport.closed.wait()


def test_endpoint_keeps_idle_connections_for_75_s(tmp_path: Path) -> None:
    config = server_config(FastAPI(), settings(tmp_path), KEEP_ALIVE_S)
    assert config.timeout_keep_alive == 75


async def test_connections_beyond_the_limit_are_closed(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """Otherwise silent connections use up the files, and no request is answered."""
    first, open_one = connect(most=2)
    _, open_too = connect(most=2)
    _, refused = connect(most=2)
    assert (open_one.closed.is_set(), open_too.closed.is_set(), refused.closed.is_set()) == (
        False,
        False,
        True,
    )
    first.connection_lost(None)
    [line] = logged(caplog, "connections_full")
    assert line["maximum"] == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
async def test_process_keeps_files_for_its_own_connections() -> None:
    program = """
import resource
from agent.token_endpoint.http.open_files import connections_max, raise_limit
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 1024))
print(connections_max())
raise_limit()
print(resource.getrlimit(resource.RLIMIT_NOFILE), connections_max())
"""
    run = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(run.communicate(), 60)
    assert out.decode().split("\n") == ["32", "(1024, 1024) 824", ""]
