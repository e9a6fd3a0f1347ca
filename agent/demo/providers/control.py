"""All stand-ins of a run, and the control API by which tests and the demo steer and read them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from agent.demo.providers.beyond_presence.api import BeyondPresence
from agent.demo.providers.deepgram.api import Deepgram
from agent.demo.providers.faults import Faults, UnknownFault
from agent.demo.providers.gemini.api import Gemini
from agent.demo.providers.speech import Voice
from agent.demo.providers.wire import LATENCIES, Calls, serving


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Fixed ports; 0: any free one."""

    bey: int = 0
    deepgram: int = 0
    gemini: int = 0
    control: int = 0


@contextlib.asynccontextmanager
async def running(
    *, faults: Sequence[str] = (), latency: str = "real", ports: Ports | None = None
) -> AsyncIterator[dict[str, Any]]:
    """Serve everything in this process until the block ends; yields the line for stdout.

    Raises:
        UnknownFault: see `faults`.
        OSError: a fixed port is taken.
    """
    ports = ports or Ports()
    shared = Faults(faults)
    calls, speed = Calls(), LATENCIES[latency]
    bey = BeyondPresence(faults=shared, calls=calls, latency=speed)
    voice = Voice()
    deepgram = Deepgram(faults=shared, calls=calls, latency=speed, voice=voice)
    gemini = Gemini(faults=shared, calls=calls, latency=speed, voice=voice)
    # Both take a core for a moment: better now than when the first trainee waits.
    await asyncio.gather(deepgram.load(), voice.load(), bey.avatars.load())
    control = Control(faults=shared, calls=calls, bey=bey, deepgram=deepgram, gemini=gemini)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(voice.close)
        stack.callback(deepgram.close)
        bey_url = await stack.enter_async_context(serving(bey.app(), ports.bey))
        deepgram_url = await stack.enter_async_context(serving(deepgram.app(), ports.deepgram))
        gemini_url = await stack.enter_async_context(serving(gemini.app(), ports.gemini))
        control_url = await stack.enter_async_context(serving(control.app(), ports.control))
        stack.push_async_callback(bey.avatars.stop)
        yield {
            "environment": {
                "BEY_API_URL": bey_url,
                "DEEPGRAM_BASE_URL": deepgram_url,
                "GOOGLE_GEMINI_BASE_URL": gemini_url,
            },
            "control_url": control_url,
            "recognises_speech": deepgram.recognises_speech,
            "speaks": deepgram.speaks,
        }


class Control:
    """The control API's routes."""

    def __init__(
        self,
        *,
        faults: Faults,
        calls: Calls,
        bey: BeyondPresence,
        deepgram: Deepgram,
        gemini: Gemini,
    ) -> None:
        self._faults, self._calls = faults, calls
        self._bey, self._deepgram, self._gemini = bey, deepgram, gemini

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/sessions", self._sessions)
        app.router.add_get("/calls", self._get_calls)
        app.router.add_put("/faults", self._put_faults)
        app.router.add_put("/gemini/script", self._put_script)
        app.router.add_put("/deepgram/hears", self._put_hears)
        app.router.add_post("/reset", self._reset)
        return app

    async def _sessions(self, _: web.Request) -> web.Response:
        sessions = self._bey.avatars.sessions.values()
        return web.json_response([session.as_json() for session in sessions])

    async def _get_calls(self, _: web.Request) -> web.Response:
        return web.json_response(self._calls.as_json())

    async def _put_faults(self, request: web.Request) -> web.Response:
        try:
            wanted = await request.json()
            if not isinstance(wanted, list) or not all(isinstance(text, str) for text in wanted):
                raise UnknownFault("the body must be a list of strings")
            self._faults.replace(wanted)
        except (UnknownFault, json.JSONDecodeError) as e:
            return web.json_response({"error": str(e)}, status=400)
        return web.json_response(wanted)

    async def _put_script(self, request: web.Request) -> web.Response:
        try:
            self._gemini.script(await request.json())
        except (TypeError, json.JSONDecodeError) as e:
            return web.json_response({"error": str(e)}, status=400)
        return web.json_response({"ok": True})

    async def _put_hears(self, request: web.Request) -> web.Response:
        try:
            self._deepgram.hears.replace(await request.json())
        except (TypeError, json.JSONDecodeError) as e:
            return web.json_response({"error": str(e)}, status=400)
        return web.json_response({"ok": True})

    async def _reset(self, _: web.Request) -> web.Response:
        """Avatars leave; records, faults, script and what is to be heard are empty again."""
        await self._bey.avatars.stop()
        self._bey.avatars.sessions.clear()
        self._calls.clear()
        self._faults.replace([])
        self._gemini.script([])
        self._deepgram.hears.replace([])
        return web.json_response({"ok": True})
