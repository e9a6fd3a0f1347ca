"""The process of all stand-ins: `python -m agent.demo.providers PORT [FAULT …]`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable

from aiohttp import web

from agent.demo.processes import cancel_at_signals
from agent.demo.providers.beyond_presence.api import BeyondPresence
from agent.demo.providers.deepgram.api import deepgram
from agent.demo.providers.faults import Faults
from agent.demo.providers.gemini.api import Gemini
from agent.demo.providers.wire import Shared, serving

Routes = Callable[[Shared, BeyondPresence, Gemini], list[web.RouteDef]]


async def serve_stand_ins(port: int, faults: list[str], more_routes: Routes) -> None:
    """Serve all stand-ins until a signal ends this process.

    Args:
        port: of `GET /`, which answers with their addresses as soon as all of them answer.
        faults: in force from the start.
        more_routes: beside `GET /`; tests control the stand-ins by them.
    """
    cancel_at_signals()
    shared = Shared(Faults(faults))
    bey, gemini = BeyondPresence(shared), Gemini(shared)
    # Loading takes a core for a moment: better now than when the first trainee waits.
    engines = (shared.recogniser, shared.detector, shared.voice, bey.avatars)
    await asyncio.gather(*(engine.load() for engine in engines))
    async with contextlib.AsyncExitStack() as stack:
        environment = {
            "BEY_API_URL": await stack.enter_async_context(serving(bey.app())),
            "DEEPGRAM_BASE_URL": await stack.enter_async_context(serving(deepgram(shared))),
            "GOOGLE_GEMINI_BASE_URL": await stack.enter_async_context(serving(gemini.app())),
        }
        ready = {"environment": environment, "recognises_speech": not shared.recogniser.unavailable}

        async def show_ready(_: web.Request) -> web.Response:
            return web.json_response(ready)

        control = web.Application()
        control.add_routes([web.get("/", show_ready), *more_routes(shared, bey, gemini)])
        await stack.enter_async_context(serving(control, port))
        stack.push_async_callback(bey.avatars.stop)
        await asyncio.Event().wait()


def main(more_routes: Routes = lambda *_: []) -> None:
    """Run this process; see `serve_stand_ins`."""
    logging.basicConfig(level=logging.WARNING, format="stand-ins: %(message)s")
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(serve_stand_ins(int(sys.argv[1]), sys.argv[2:], more_routes))
