"""The real livekit-server, on loopback: found on PATH, else built once into a cache.

It refuses to listen anywhere but 127.0.0.1, and it never shares a port or a key with another run.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from agent.demo.go_tool import ensure_go_tool
from agent.demo.processes import ends_with_us
from agent.demo.tools import MissingTool

VERSION = "v1.13.5"
"""Later tags carry `replace` directives, which `go install` refuses."""

_MODULE = "github.com/livekit/livekit-server/cmd/server"
_START_TIMEOUT_S = 20.0
# Windows names its loopback in its own language; there, node_ip alone says where media go.
_LOOPBACK_ONLY = "" if os.name == "nt" else "  interfaces: {includes: [lo, lo0]}\n"


@dataclass(frozen=True, kw_only=True)
class LiveKitServer:
    """A running server."""

    url: str
    """ws://127.0.0.1:port"""
    api_key: str
    api_secret: str
    process: asyncio.subprocess.Process = field(repr=False)


async def ensure_binary(say: Callable[[str], None] = lambda _: None) -> Path:
    """The server's binary: from PATH, from the cache, or built now (about 90 s, once).

    Raises:
        MissingTool: there is neither a binary nor a Go that can build one, or it failed.
    """
    if found := shutil.which("livekit-server"):
        return Path(found)
    return await ensure_go_tool(
        "livekit-server",
        _MODULE,
        VERSION,
        say,
        takes="about 90 seconds",
        how="install it as https://docs.livekit.io/home/self-hosting/local/ says",
    )


def free_ports(count: int) -> list[int]:
    """Ports that are free for TCP and UDP on loopback at this moment."""
    with contextlib.ExitStack() as held:
        ports: list[int] = []
        while len(ports) < count:
            tcp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            tcp.bind(("127.0.0.1", 0))
            port = tcp.getsockname()[1]
            udp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
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
    """Run a server with a key of its own until the block ends.

    Args:
        binary: what `ensure_binary` gave.
        log: the server's output goes here.
        port: the signalling port; a free one where None.
        key: API key and secret; of this run alone where None.
        webhook: where it posts its events; nowhere where empty.

    Raises:
        MissingTool: it ended, or did not answer within 20 s.
    """
    free, udp = free_ports(2)
    port = port or free
    api_key, secret = key or ("demo" + secrets.token_hex(4), secrets.token_urlsafe(32))
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "livekit.yaml"
        config.write_text(
            f"port: {port}\n"
            'bind_addresses: ["127.0.0.1"]\n'
            f'keys: {{"{api_key}": "{secret}"}}\n'
            # At debug level it logs the tokens it refreshes.
            "logging: {level: info}\n"
            f"{_webhook_config(api_key, webhook)}"
            "rtc:\n"
            "  node_ip: 127.0.0.1\n"
            "  use_external_ip: false\n"
            "  enable_loopback_candidate: true\n"
            # Media over UDP on loopback; its TCP listener could not be kept off other interfaces.
            f"{_LOOPBACK_ONLY}"
            "  tcp_port: 0\n"
            f"  udp_port: {udp}\n"
        )
        config.chmod(0o600)
        with log.open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                *ends_with_us(),
                str(binary),
                "--config",
                str(config),
                stdout=out,
                stderr=out,
                # Ctrl-C ends the demo, and the demo ends the server, last.
                start_new_session=os.name != "nt",
            )
        try:
            await _wait_until_up(process, port, log)
            yield LiveKitServer(
                url=f"ws://127.0.0.1:{port}", api_key=api_key, api_secret=secret, process=process
            )
        finally:
            if process.returncode is None:
                # Its graceful stop waits 5 s for participants that are all gone by now.
                process.terminate()
                try:
                    await asyncio.wait_for(process.wait(), 1)
                except TimeoutError:
                    process.kill()
                    await process.wait()


def _webhook_config(api_key: str, url: str) -> str:
    return f'webhook: {{api_key: "{api_key}", urls: ["{url}"]}}\n' if url else ""


async def _wait_until_up(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    deadline = asyncio.get_running_loop().time() + _START_TIMEOUT_S
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as http:
        while asyncio.get_running_loop().time() < deadline:
            if process.returncode is not None:
                raise MissingTool(f"livekit-server ended at once; its log is {log}")
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with http.get(f"http://127.0.0.1:{port}/") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)
    raise MissingTool(f"livekit-server did not answer within {_START_TIMEOUT_S:g} s; see {log}")
