"""All stand-ins of a run, and the control API by which tests and the demo steer and read them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from agent.demo.providers.beyond_presence.api import BeyondPresence
from agent.demo.providers.deepgram.api import Deepgram
from agent.demo.providers.faults import UnknownFault
from agent.demo.providers.gemini.api import Gemini
from agent.demo.providers.wire import Shared, serving


async def serve_stand_ins(port: int, *, latency: float) -> None:
    """Serve all stand-ins until SIGINT or SIGTERM.

    Args:
        port: of the control API, which answers as soon as everything does.
        latency: scales the usual latencies of the providers; 0 for none.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: the process is just killed
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    shared = Shared(latency=latency)
    bey, gemini = BeyondPresence(shared), Gemini(shared)
    # Loading takes a core for a moment: better now than when the first trainee waits.
    await asyncio.gather(shared.recogniser.load(), shared.voice.load(), bey.avatars.load())
    async with contextlib.AsyncExitStack() as stack:
        environment = {
            "BEY_API_URL": await stack.enter_async_context(serving(bey.app())),
            "DEEPGRAM_BASE_URL": await stack.enter_async_context(serving(Deepgram(shared).app())),
            "GOOGLE_GEMINI_BASE_URL": await stack.enter_async_context(serving(gemini.app())),
        }
        control = _control(shared, bey, gemini, environment)
        await stack.enter_async_context(serving(control, port))
        stack.push_async_callback(bey.avatars.stop)
        await stop.wait()


def serve_gemini() -> contextlib.AbstractAsyncContextManager[str]:
    """Serve Gemini's text model alone, without latency; the block gets its address."""
    return serving(Gemini(Shared(latency=0.0)).app())


def _control(
    shared: Shared, bey: BeyondPresence, gemini: Gemini, environment: dict[str, str]
) -> web.Application:
    """The control API."""
    ready = {"environment": environment, "recognises_speech": not shared.recogniser.unavailable}
    shows: dict[str, Callable[[], Any]] = {
        "/": lambda: ready,
        "/sessions": lambda: [session.as_json() for session in bey.avatars.sessions.values()],
        "/calls": lambda: [asdict(call) for call in shared.calls],
    }
    replaces: dict[str, Callable[[Any], None]] = {
        "/faults": shared.faults.replace,
        "/gemini/script": gemini.script,
    }

    async def show(request: web.Request) -> web.Response:
        return web.json_response(shows[request.path]())

    async def replace(request: web.Request) -> web.Response:
        try:
            replaces[request.path](await request.json())
        except (UnknownFault, TypeError, AttributeError, json.JSONDecodeError) as e:
            return web.json_response({"error": str(e)}, status=400)
        return web.json_response({"ok": True})

    async def reset(_: web.Request) -> web.Response:
        await bey.avatars.stop()
        bey.avatars.sessions.clear()
        shared.calls.clear()
        shared.faults.replace([])
        gemini.script([])
        return web.json_response({"ok": True})

    app = web.Application()
    app.add_routes([web.get(path, show) for path in shows])
    app.add_routes([web.put(path, replace) for path in replaces])
    app.add_routes([web.post("/reset", reset)])
    return app
