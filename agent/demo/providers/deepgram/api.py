"""Deepgram's API as livekit-plugins-deepgram 1.8.9 and `doctor` call it.

Routes: `/v1/listen`, `/v2/listen`, `/v1/speak` and `/v1/auth/token`. Recognition and
voice are real and run on this machine; languages other than English are not transcribed.
"""

from __future__ import annotations

from aiohttp import web

from agent.demo.providers.deepgram.listen import ListenV1
from agent.demo.providers.deepgram.rules import query_problem
from agent.demo.providers.deepgram.speak import Speaker
from agent.demo.providers.deepgram.turns import TurnsListener
from agent.demo.providers.wire import Shared, is_invalid_key, refused


class Deepgram:
    """The API."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/v1/listen", self._listen)
        app.router.add_get("/v2/listen", self._listen)
        app.router.add_get("/v1/speak", self._speak)
        app.router.add_get("/v1/auth/token", self._check)
        return app

    async def _begin(self, request: web.Request, provider: str) -> None:
        """Record a call, or refuse it as the real service would."""
        model = request.query.get("model", "")
        await self._shared.begin(request, provider, model=model)
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() not in {"token", "bearer"} or is_invalid_key(key):
            raise refused("stt", 401, "Invalid credentials.")
        if problem := query_problem(request.path, request.query):
            raise refused("stt", 400, problem[1], code=problem[0])

    async def _check(self, request: web.Request) -> web.StreamResponse:
        """A free call of `doctor`: is the key valid?"""
        await self._begin(request, "stt")
        return web.json_response({"api_key_id": "stand-in", "scopes": ["usage:write"]})

    async def _listen(self, request: web.Request) -> web.StreamResponse:
        await self._begin(request, "stt")
        listen = TurnsListener if request.path == "/v2/listen" else ListenV1
        return await listen(request, self._shared).serve()

    async def _speak(self, request: web.Request) -> web.StreamResponse:
        await self._begin(request, "aura")
        return await Speaker(request, self._shared).serve()
