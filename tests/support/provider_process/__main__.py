"""Runs the stand-ins with a control API: `python -m tests.support.provider_process PORT`.

`tests.support.providers` has its client. `agent.demo.providers.__main__` says why it has this name.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from agent.demo.providers.beyond_presence.api import BeyondPresence
from agent.demo.providers.beyond_presence.sessions import AvatarSession
from agent.demo.providers.faults import Faults, UnknownFault
from agent.demo.providers.gemini.api import Gemini
from agent.demo.providers.gemini.messages import Reply
from agent.demo.providers.process import main
from agent.demo.providers.speech import Recogniser, Samples
from agent.demo.providers.wire import Shared


def _as_json(session: AvatarSession) -> dict[str, Any]:
    """With `seconds`: what the provider would bill up to now."""
    joined, left = session.joined_at, session.left_at
    seconds = 0.0 if joined is None else (left or time.time()) - joined
    return {**vars(session), "seconds": round(seconds, 3)}


class _ScriptedRecogniser(Recogniser):
    """Recognises each utterance as `words`, if they are not empty."""

    def __init__(self, loaded: Recogniser) -> None:
        super().__init__()
        self._loaded = loaded
        self.unavailable = loaded.unavailable
        self.words = ""

    @property
    def idle(self) -> bool:
        return self._loaded.idle

    async def recognise(self, samples: Samples, sample_rate: int) -> str:
        return self.words or await self._loaded.recognise(samples, sample_rate)


def _control(shared: Shared, bey: BeyondPresence, gemini: Gemini) -> list[web.RouteDef]:
    """The control API."""
    recogniser = shared.recogniser = _ScriptedRecogniser(shared.recogniser)

    def replace_faults(texts: list[str]) -> None:
        shared.faults.active = Faults(texts).active

    def script(replies: list[dict[str, Any]]) -> None:
        gemini.script = deque(Reply(**reply) for reply in replies)

    def recognise_as(words: str) -> None:
        recogniser.words = words

    shows: dict[str, Callable[[], Any]] = {
        "/sessions": lambda: [_as_json(session) for session in bey.avatars.sessions.values()],
        "/calls": lambda: [asdict(call) for call in shared.calls],
    }
    replaces: dict[str, Callable[[Any], None]] = {
        "/faults": replace_faults,
        "/gemini/script": script,
        "/stt/words": recognise_as,
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
        recogniser.words = ""
        return web.json_response({"ok": True})

    shown = [web.get(path, show) for path in shows]
    replaced = [web.put(path, replace) for path in replaces]
    return [*shown, *replaced, web.post("/reset", reset)]


main(_control)
