"""The stand-ins of the providers, as tests control and read them.

The tests start the stand-ins with this module: it adds a control API to their process.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from agent.demo.providers.beyond_presence.api import BeyondPresence
from agent.demo.providers.beyond_presence.sessions import AvatarSession
from agent.demo.providers.faults import Faults, UnknownFault
from agent.demo.providers.gemini.api import Gemini
from agent.demo.providers.gemini.messages import Reply
from agent.demo.providers.process import main
from agent.demo.providers.wire import Shared
from agent.demo.stand_ins import StandIns, stand_ins

MODULE = "tests.support.providers"
_TIMEOUT = aiohttp.ClientTimeout(total=10)


class Providers(StandIns):
    """Running stand-ins whose process has the control API of this module."""

    @classmethod
    def of(cls, running: StandIns | None) -> Providers:
        assert running is not None, "this stage has the real providers"
        return cls(**vars(running))

    async def faults(self, *texts: str) -> None:
        """Put these faults in force instead of all others; none: everything works."""
        await self._request("PUT", "/faults", list(texts))

    async def sessions(self) -> list[dict[str, Any]]:
        """Avatar sessions, oldest first, with the fields of `AvatarSession`.

        If `crashed` is true, the avatar's process has died, as LiveKit's native library sometimes
        makes it: the test that saw it may run again.
        """
        return list(await self._request("GET", "/sessions"))

    async def calls(self, provider: str = "") -> list[dict[str, Any]]:
        """Calls to all providers or to one (bey, stt, tts, llm), oldest first; see `Call`."""
        calls = await self._request("GET", "/calls")
        return [call for call in calls if provider in {"", call["provider"]}]

    async def script(self, *replies: dict[str, Any]) -> None:
        """Queue the LLM's next replies, with the fields of `gemini.messages.Reply`."""
        await self._request("PUT", "/gemini/script", list(replies))

    async def reset(self) -> None:
        """Remove all avatars, faults, scripted replies and records."""
        await self._request("POST", "/reset")

    async def _request(self, method: str, path: str, body: Any = None) -> Any:
        url = self.url + path
        async with aiohttp.request(method, url, json=body, timeout=_TIMEOUT) as answer:
            content = await answer.json()
            if answer.status >= 400:
                raise ValueError(content.get("error", f"{path}: {answer.status}"))
            return content


def _as_json(session: AvatarSession) -> dict[str, Any]:
    """With `seconds`: what the provider would bill up to now."""
    joined, left = session.joined_at, session.left_at
    seconds = 0.0 if joined is None else (left or time.time()) - joined
    return {**vars(session), "seconds": round(seconds, 3)}


@contextlib.asynccontextmanager
async def running_providers(log: Path, **environment: str) -> AsyncIterator[Providers]:
    """Run the stand-ins until the block ends; the environment is that of their process."""
    async with stand_ins(log, environment=environment, module=MODULE) as running:
        yield Providers.of(running)


def _control(shared: Shared, bey: BeyondPresence, gemini: Gemini) -> list[web.RouteDef]:
    """The control API."""

    def replace_faults(texts: list[str]) -> None:
        shared.faults.active = Faults(texts).active

    def script(replies: list[dict[str, Any]]) -> None:
        gemini.script = deque(Reply(**reply) for reply in replies)

    shows: dict[str, Callable[[], Any]] = {
        "/sessions": lambda: [_as_json(session) for session in bey.avatars.sessions.values()],
        "/calls": lambda: [asdict(call) for call in shared.calls],
    }
    replaces: dict[str, Callable[[Any], None]] = {
        "/faults": replace_faults,
        "/gemini/script": script,
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
        shared.faults.active.clear()
        gemini.script.clear()
        return web.json_response({"ok": True})

    shown = [web.get(path, show) for path in shows]
    replaced = [web.put(path, replace) for path in replaces]
    return [*shown, *replaced, web.post("/reset", reset)]


if __name__ == "__main__":
    main(_control)
