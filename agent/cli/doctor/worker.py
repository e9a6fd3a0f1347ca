"""Worker: is one registered under this agent name, and would it be sent for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from agent.cli.doctor.answer import Caller, NoAnswer, shown
from agent.cli.doctor.finding import Finding, Level, failed, ok, skipped, warning
from agent.cli.doctor.given import Given
from agent.cli.doctor.probe import Called, ProbeRoom, probe_room
from agent.core.errors import LiveKitError

_START = "start it (python -m agent start), and look at its log for why it is not registered"


async def check(given: Given, caller: Caller) -> AsyncIterator[Finding]:
    """Send for a greeter in a room of no trainee, and open the WebSocket everybody needs."""
    settings = given.worker
    if lacking := given.lacks("LIVEKIT_AGENT_NAME"):
        yield skipped("worker.registered", lacking)
        return
    try:
        async with probe_room(settings) as room:
            called = asyncio.create_task(room.called(), name="probe_room")
            try:
                for finding in await _sockets(given, room, caller):
                    yield finding
                for finding in _answered(settings.livekit_agent_name, await called):
                    yield finding
            finally:
                called.cancel()
    except LiveKitError as e:
        yield failed("worker.registered", f"LiveKit did not let us look: {e}", "try again")


def _answered(name: str, called: Called) -> Iterator[Finding]:
    shown_name = f"as {name}" if name else "without a name"
    if called.strangers:
        yield failed(
            "worker.registered",
            f"something registered {shown_name} takes jobs, and is no worker of this release",
            "stop it, or set another LIVEKIT_AGENT_NAME here: trainees would meet it",
        )
    elif len(called.workers) > 1:
        yield ok("worker.registered", f"{len(called.workers)} workers answer {shown_name}")
    elif called.workers:
        yield ok("worker.registered", f"a worker answers {shown_name}")
    else:
        yield failed(
            "worker.registered",
            f"no worker answers {shown_name}: it is not running, registered by another name or "
            "in another project, or draining",
            f"{_START}; its LIVEKIT_AGENT_NAME must be the endpoint's",
        )


async def _sockets(given: Given, room: ProbeRoom, caller: Caller) -> list[Finding]:
    settings = given.worker
    urls = [("livekit.websocket", settings.livekit_url)]
    if settings.public_url != settings.livekit_url and not given.lacks("LIVEKIT_PUBLIC_URL"):
        urls.append(("livekit.public_websocket", settings.public_url))
    return list(await asyncio.gather(*(_socket(check, url, room, caller) for check, url in urls)))


async def _socket(check: str, url: str, room: ProbeRoom, caller: Caller) -> Finding:
    try:
        version = await room.join(url, caller)
    except NoAnswer as e:
        if check == "livekit.public_websocket":
            return warning(
                check,
                f"LIVEKIT_PUBLIC_URL does not work from here: {e.what}",
                f"some networks do not lead back in: try it from outside. Otherwise: {e.fix}",
            )
        return failed(check, e.what, e.fix)
    named = f", server version {version}" if version else ""
    return ok(check, f"a WebSocket to {shown(url)} opens{named}")


async def check_here(given: Given, caller: Caller) -> AsyncIterator[Finding]:
    """The worker's own health page, where it runs on this machine."""
    settings = given.worker
    if lacking := given.lacks("AGENT_HTTP_PORT", "AGENT_HTTP_HOST", "LIVEKIT_AGENT_NAME"):
        yield skipped("worker.health", lacking)
        return
    if settings.agent_http_port == 0:
        yield skipped("worker.health", "AGENT_HTTP_PORT is 0: its port is not known")
        return
    host = settings.agent_http_host
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)
    base = f"http://{host}:{settings.agent_http_port}"
    try:
        alive, about = await asyncio.gather(
            caller.ask("the worker", "GET", f"{base}/"),
            caller.ask("the worker", "GET", f"{base}/worker"),
        )
    except NoAnswer as e:
        if e.refused:
            yield skipped("worker.health", f"no worker on this machine, at {shown(base)}")
        else:
            yield warning(
                "worker.health",
                e.what,
                "restart the worker if it is one: it is alive, and does nothing",
            )
        return
    yield _health(shown(base), settings.livekit_agent_name, alive.status, about.json())


def _health(where: str, name: str, status: int, about: Any) -> Finding:
    check = "worker.health"
    if not isinstance(about, dict) or "sdk_version" not in about:
        return warning(
            check,
            f"what answers at {where} is no worker",
            "set AGENT_HTTP_PORT to a free port, or the worker will not start here",
        )
    registered = about.get("agent_name", "")
    if registered != name:
        return failed(
            check,
            f"the worker at {where} is registered "
            + (f"as {registered}" if registered else "without a name")
            + f", while the settings say {name or 'none'}",
            "restart it with the same LIVEKIT_AGENT_NAME as the endpoint",
        )
    if status != 200:
        return failed(
            check,
            f"the worker at {where} runs, but is not registered with LiveKit",
            "look at its log: LiveKit is unreachable from it, or refuses its key",
        )
    busy = int(about.get("active_jobs", 0))
    return Finding(
        check=check, level=Level.OK, what=f"the worker at {where} is registered, {busy} greetings"
    )
