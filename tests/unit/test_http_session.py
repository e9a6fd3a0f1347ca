"""Platform keys, outcomes and LiveKit's API go through the proxy of the environment."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.core.errors import PlatformKeysError
from agent.core.http_session import http_session
from agent.core.settings import EndpointSettings
from agent.outcomes.webhook import post_outcome
from agent.token_endpoint.auth.jwks_client import JwksClient
from agent.token_endpoint.livekit_rooms import LiveKitRooms
from tests.support.environments import ENDPOINT
from tests.support.outcomes import closed_outcome

AGENT = Path(__file__).resolve().parents[2] / "agent"


class Proxy:
    """Answers each request itself, with 200 and nothing, and notes what was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(head.decode().splitlines()[0].rpartition(" ")[0])
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/protobuf\r\n"
            b"Content-Length: 0\r\nConnection: close\r\n\r\n"
        )
        await writer.drain()
        writer.close()


@pytest.fixture
async def proxy(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Proxy]:
    made = Proxy()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    for name in ("NO_PROXY", "no_proxy", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", address)
    monkeypatch.setenv("HTTPS_PROXY", address)
    yield made
    server.close()


async def test_livekit_calls_use_the_proxy(proxy: Proxy) -> None:
    settings = {**ENDPOINT, "LIVEKIT_URL": "ws://livekit.invalid:7880"}
    rooms = LiveKitRooms(EndpointSettings.from_env(settings))
    assert await rooms.list_rooms() == []
    await rooms.aclose()
    assert proxy.asked == ["POST http://livekit.invalid:7880/twirp/livekit.RoomService/ListRooms"]


async def test_platform_keys_use_the_proxy(proxy: Proxy) -> None:
    keys = JwksClient("https://platform.invalid/jwks.json")
    with pytest.raises(PlatformKeysError):  # the proxy opens no tunnel
        await keys.key("k", "RS256")
    await keys.aclose()
    assert proxy.asked == ["CONNECT platform.invalid:443"]


async def test_outcomes_use_the_proxy(proxy: Proxy) -> None:
    async with http_session() as http:
        body, secret = closed_outcome().model_dump_json(), "whsec_" + "QUJD" * 8
        assert await post_outcome(http, "http://platform.invalid/o", [secret], "o", body) == 200
    assert proxy.asked == ["POST http://platform.invalid/o"]


async def test_no_proxy_excludes_hosts(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "platform.invalid")
    keys = JwksClient("https://platform.invalid/jwks.json")
    with pytest.raises(PlatformKeysError):
        await keys.key("k", "RS256")
    await keys.aclose()
    assert proxy.asked == []


def test_no_other_modules_open_sessions() -> None:
    """Sessions that are opened elsewhere would ignore the proxy."""
    found = [
        f"{path.relative_to(AGENT)}:{node.lineno}"
        for path in sorted(AGENT.rglob("*.py"))
        if "demo" not in path.parts and path.name not in ("http_session.py", "livekit_api.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith(("ClientSession", "LiveKitAPI"))
    ]
    assert found == []
