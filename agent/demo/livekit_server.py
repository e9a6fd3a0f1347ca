"""The real livekit-server, on loopback: found on PATH, else built once into a cache.

It listens on 127.0.0.1 alone, with ports and a key of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML

from agent.demo.processes import DemoError, cache_dir, run_tool, running, wait_until_ready

VERSION = "v1.13.5"
"""Later tags carry `replace` directives, which `go install` refuses."""

_MODULE = "github.com/livekit/livekit-server/cmd/server"
_CONFIG = Path(__file__).with_name("livekit.yaml")
_BUILD_TIMEOUT_S = 900.0
_HOW = (
    "install livekit-server as https://docs.livekit.io/home/self-hosting/local/ says, "
    "or Go 1.24 or later from https://go.dev/dl/"
)
_PORTS = range(20_000, 32_768)
"""Of servers: below the ports of outgoing connections, which could take one before its server."""
_START_TIMEOUT_S = 60.0
_END_S = 1.0
"""Shorter than its graceful stop (5 s); all participants have left by then."""


@dataclass(frozen=True, kw_only=True)
class LiveKitServer:
    """A running server."""

    url: str
    """ws://127.0.0.1:port"""
    api_key: str
    api_secret: str
    process: asyncio.subprocess.Process = field(repr=False)


async def ensure_binary(say: Callable[[str], None] = lambda _: None) -> Path:
    """Find the server on PATH or in the cache, or build it now (2 to 5 minutes, once).

    Raises:
        DemoError: there is no binary and no Go that can build one, or the build failed.
    """
    if found := shutil.which("livekit-server"):
        return Path(found)
    suffix = ".exe" if os.name == "nt" else ""
    cached = cache_dir() / f"livekit-server-{VERSION}{suffix}"
    if cached.exists():
        return cached
    if (go := shutil.which("go")) is None:
        raise DemoError(f"there is no livekit-server and no Go to build it with: {_HOW}")
    cached.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cached.parent) as build:
        await run_tool(
            f"building livekit-server {VERSION} with Go 1.24 or later (once; takes 2 to 5 minutes)",
            # With -v it names every package as it is built.
            *(go, "install", "-v", f"{_MODULE}@{VERSION}"),
            say=say,
            timeout_s=_BUILD_TIMEOUT_S,
            env={"GOBIN": build},
        )
        os.replace(Path(build) / f"server{suffix}", cached)
    return cached


def free_ports(count: int) -> list[int]:
    """Ports that are free for TCP and UDP on loopback at this moment."""
    with contextlib.ExitStack() as held:
        ports: list[int] = []
        while len(ports) < count:
            port = secrets.choice(_PORTS)
            with contextlib.suppress(OSError):
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                    server = held.enter_context(socket.socket(socket.AF_INET, kind))
                    server.bind(("127.0.0.1", port))
                ports.append(port)
        return ports


@contextlib.asynccontextmanager
async def livekit_server(
    binary: Path,
    log: Path,
    *,
    port: int | None = None,
    key: tuple[str, str] | None = None,
    webhook: str = "",
) -> AsyncIterator[LiveKitServer]:
    """Run a server until the block ends.

    Args:
        binary: as `ensure_binary` returns it.
        log: the server's output goes here.
        port: the signalling port; None for a free one.
        key: API key and secret; None for a new pair.
        webhook: where it posts its events; empty for none.

    Raises:
        DemoError: the server ended, or did not answer within 20 s.
    """
    free, udp = free_ports(2)
    port = port or free
    api_key, secret = key or ("demo" + secrets.token_hex(4), secrets.token_urlsafe(32))
    config = YAML(typ="safe").load(_CONFIG)
    config |= {"port": port, "keys": {api_key: secret}}
    config["webhook"] = {"api_key": api_key, "urls": [webhook] if webhook else []}
    config["rtc"]["udp_port"] = udp
    if os.name == "nt":  # there, the loopback's name depends on the language
        del config["rtc"]["interfaces"]
    env = {**os.environ, "LIVEKIT_CONFIG": json.dumps(config)}  # YAML includes JSON
    async with running(str(binary), log=log, env=env, end_s=_END_S) as process:
        health = f"http://127.0.0.1:{port}/"
        await wait_until_ready("livekit-server", health, process, log, _START_TIMEOUT_S)
        url = f"ws://127.0.0.1:{port}"
        yield LiveKitServer(url=url, api_key=api_key, api_secret=secret, process=process)
