"""All stand-ins of a run, and the control API by which tests and the demo steer and read them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict
from typing import Any

from aiohttp import web

from agent.demo.providers.beyond_presence.api import BeyondPresence
from agent.demo.providers.deepgram.api import Deepgram
from agent.demo.providers.faults import Faults, UnknownFault
from agent.demo.providers.gemini.api import Gemini
from agent.demo.providers.wire import Shared, serving


@contextlib.asynccontextmanager
async def serve_stand_ins(
    *, faults: Sequence[str] = (), latency: str = "real"
) -> AsyncIterator[dict[str, Any]]:
    """Serve all stand-ins until the block ends; yields what the parent process needs to know.

    Raises:
        UnknownFault: the text lists all faults.
    """
    shared = Shared(Faults(faults), latency=0.0 if latency == "none" else 1.0)
    bey, gemini = BeyondPresence(shared), Gemini(shared)
    # Loading takes a core for a moment: better now than when the first trainee waits.
    await asyncio.gather(shared.recogniser.load(), shared.voice.load(), bey.avatars.load())
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(shared.close)
        apps = (bey.app(), Deepgram(shared).app(), gemini.app(), _control(shared, bey, gemini))
        urls = [await stack.enter_async_context(serving(app)) for app in apps]
        stack.push_async_callback(bey.avatars.stop)
        names = ("BEY_API_URL", "DEEPGRAM_BASE_URL", "GOOGLE_GEMINI_BASE_URL")
        yield {
            "environment": dict(zip(names, urls, strict=False)),
            "control_url": urls[-1],
            "recognises_speech": not shared.recogniser.unavailable,
        }


@contextlib.asynccontextmanager
async def serve_gemini() -> AsyncIterator[str]:
    """Serve Gemini's text model alone, without latency, until the block ends; yields its address.

    Voice and speech recognition are not loaded, because nothing asks for them.
    """
    shared = Shared(Faults(), latency=0.0)
    try:
        async with serving(Gemini(shared).app()) as url:
            yield url
    finally:
        shared.close()


def _control(shared: Shared, bey: BeyondPresence, gemini: Gemini) -> web.Application:
    """The control API."""
    shows: dict[str, Callable[[], list[Any]]] = {
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
