"""Worker: whether one is registered under LIVEKIT_AGENT_NAME and accepts jobs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

from livekit.protocol.models import ServerInfo

from agent.cli.doctor.configuration import Configuration
from agent.cli.doctor.http_client import HttpClient, NoResponse, host_and_port
from agent.cli.doctor.probe_room import ProbeRoom, probe_room
from agent.cli.doctor.result import CheckResult, failed, ok, reports, skipped, warning
from agent.core.errors import LiveKitError
from agent.core.http_session import proxy_for

_LIVEKIT_MIN = (1, 9, 10)
"""livekit-client 2.18.1 and later does not connect to 1.9.9 and earlier
(https://github.com/livekit/client-sdk-js/issues/1887)."""
_START = "start it (python -m agent start), or check its log for why it is not registered"


@reports("livekit.websocket", "worker.registered", needs=("LIVEKIT_AGENT_NAME",))
async def check(config: Configuration, http: HttpClient) -> AsyncIterator[CheckResult]:
    """Dispatch an agent to a temporary room without a trainee, and open LiveKit's WebSocket."""
    settings = config.worker
    try:
        async with probe_room(settings) as room:
            answers = asyncio.create_task(room.answers(), name="probe_room")
            try:
                async for result in _sockets(config, room, http):
                    yield result
                yield _answered(settings.livekit_agent_name, await answers)
            finally:
                answers.cancel()
    except LiveKitError as e:
        yield failed("worker.registered", f"LiveKit refused the check: {e}", "try again")


def _answered(name: str, answers: dict[str, bool]) -> CheckResult:
    check, named = "worker.registered", f"as {name}" if name else "without a name"
    if any(answers.values()):
        return failed(
            check,
            f"a worker of another product or release takes the jobs {named}",
            "stop it, or set another LIVEKIT_AGENT_NAME: trainees would talk with it",
        )
    if not answers:
        return failed(
            check,
            f"no worker answers {named}: it is not running, is draining, or is registered "
            "under another name or in another project",
            f"{_START}; worker and token endpoint need the same LIVEKIT_AGENT_NAME",
        )
    count = len(answers)
    return ok(check, f"{f'{count} workers answer' if count > 1 else 'a worker answers'} {named}")


async def _sockets(
    config: Configuration, room: ProbeRoom, http: HttpClient
) -> AsyncIterator[CheckResult]:
    """Open the WebSocket at LIVEKIT_URL, and at LIVEKIT_PUBLIC_URL if it is another one."""
    url, public_url = config.worker.livekit_url, config.worker.public_url
    try:
        server = await room.join(url, http)
        version = f", server version {server.version}" if server.version else ""
        yield ok("livekit.websocket", f"the WebSocket of {host_and_port(url)} opens{version}")
        if (result := check_version(server)) is not None:
            yield result
    except NoResponse as e:
        yield failed("livekit.websocket", e.what, e.fix)
    if public_url == url or config.lacks("LIVEKIT_PUBLIC_URL"):
        return
    check = "livekit.public_websocket"
    try:
        await room.join(public_url, http)
        yield ok(check, f"the WebSocket of {host_and_port(public_url)} opens")
    except NoResponse as e:
        yield warning(
            check,
            f"LIVEKIT_PUBLIC_URL does not work from this machine: {e.what}",
            "some networks cannot reach their own public address: try from outside. If it fails "
            f"there, too: {e.fix}",
        )


def check_version(server: ServerInfo) -> CheckResult | None:
    """Return whether the server is new enough; None if it does not say, or is LiveKit Cloud's."""
    numbers = re.match(r"v?(\d+)\.(\d+)\.(\d+)", server.version)
    if numbers is None or server.edition == ServerInfo.Edition.Cloud:
        return None
    least = ".".join(map(str, _LIVEKIT_MIN))
    if tuple(map(int, numbers.groups())) < _LIVEKIT_MIN:
        return failed(
            "livekit.version",
            f"livekit-server {server.version} is older than {least}: the page cannot connect to it",
            f"upgrade livekit-server to {least} or later",
        )
    return ok("livekit.version", f"livekit-server {server.version} is {least} or later")


@reports("worker.health", needs=("AGENT_HTTP_PORT", "AGENT_HTTP_HOST", "LIVEKIT_AGENT_NAME"))
async def check_here(config: Configuration, http: HttpClient) -> AsyncIterator[CheckResult]:
    """Read the worker's health endpoint, if it runs on this machine."""
    settings = config.worker
    if settings.agent_http_port == 0:
        yield skipped("worker.health", "AGENT_HTTP_PORT is 0, so the port is not known")
        return
    host = settings.agent_http_host
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)
    base = f"http://{host}:{settings.agent_http_port}"
    try:
        alive, about = await asyncio.gather(
            http.request("the worker", "GET", f"{base}/"),
            http.request("the worker", "GET", f"{base}/worker"),
        )
    except NoResponse as e:
        if e.refused:
            yield skipped("worker.health", f"no worker on this machine at {host_and_port(base)}")
        else:
            yield warning(
                "worker.health",
                e.what,
                e.fix
                if proxy_for(base)
                else "if it is the worker, restart it: its event loop is blocked; if it is another "
                "program, set another AGENT_HTTP_PORT",
            )
        return
    yield _health(host_and_port(base), settings.livekit_agent_name, alive.status, about.json())


def _health(where: str, name: str, status: int, about: Any) -> CheckResult:
    check = "worker.health"
    if not isinstance(about, dict) or "sdk_version" not in about:
        return warning(
            check,
            f"the server at {where} is not a worker",
            "set AGENT_HTTP_PORT to a free port: the worker cannot start on this one",
        )
    registered = about.get("agent_name", "")
    if registered != name:
        return failed(
            check,
            f"the worker at {where} is registered "
            + (f"as {registered}" if registered else "without a name")
            + f", but LIVEKIT_AGENT_NAME is {name or 'empty'}",
            "restart it with the same LIVEKIT_AGENT_NAME as the token endpoint",
        )
    if status != 200:
        return failed(
            check,
            f"the worker at {where} runs, but is not registered with LiveKit",
            "check its log: it cannot reach LiveKit, or LiveKit refuses its key",
        )
    busy = int(about.get("active_jobs", 0))
    return ok(check, f"the worker at {where} is registered and runs {busy} greetings")
