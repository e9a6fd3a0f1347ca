"""Deepgram's API as livekit-plugins-deepgram 1.8.9 and `doctor` call it.

Routes: `/v1/listen`, `/v2/listen`, `/v1/speak` and `/v1/auth/token`. Recognition and
voice are real and run on this machine; languages other than English are not transcribed.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from agent.demo.providers.deepgram.queries import query_problem
from agent.demo.providers.deepgram.results import ResultsListener
from agent.demo.providers.deepgram.speak import Speaker
from agent.demo.providers.deepgram.turns import TurnsListener
from agent.demo.providers.deepgram.voices import aura_voice
from agent.demo.providers.speech import Recogniser, Voice
from agent.demo.providers.wire import Call, Shared, is_invalid_key, refused


class Deepgram:
    """The API; `voice` is closed by its owner."""

    def __init__(self, shared: Shared, voice: Voice) -> None:
        self._shared, self._faults, self._voice = shared, shared.faults, voice
        self.recogniser = Recogniser()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/v1/listen", self._listen)
        app.router.add_get("/v2/listen", self._listen)
        app.router.add_get("/v1/speak", self._speak)
        app.router.add_get("/v1/auth/token", self._check)
        return app

    async def _begin(self, request: web.Request, provider: str, name: str, **options: Any) -> Call:
        """Record a call, or refuse it as the real service would."""
        call = await self._shared.begin(request, provider, name, **options)
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() not in {"token", "bearer"} or is_invalid_key(key):
            raise refused(provider, 401, "Invalid credentials.")
        if problem := query_problem(request.path, request.query):
            call.detail["refused"] = problem[1]
            raise refused(provider, 400, problem[1], code=problem[0])
        return call

    async def _check(self, request: web.Request) -> web.StreamResponse:
        """A free call of `doctor`: is the key valid?"""
        await self._begin(request, "stt", f"GET {request.path}", lasting=True)
        return web.json_response({"api_key_id": "stand-in", "scopes": ["usage:write"]})

    async def _listen(self, request: web.Request) -> web.StreamResponse:
        model = request.query.get("model", "nova-3")
        call = await self._begin(request, "stt", f"WS {request.path}", model=model)
        listen = TurnsListener if request.path == "/v2/listen" else ResultsListener
        return await listen(
            request, recogniser=self.recogniser, shared=self._shared, call=call
        ).serve()

    async def _speak(self, request: web.Request) -> web.StreamResponse:
        model, speed = request.query.get("model", ""), request.query.get("speed", "1")
        call = await self._begin(
            request, "tts", "WS /v1/speak", of="aura", model=model, speed=speed
        )
        choice = aura_voice(model, float(speed))
        rate = int(request.query.get("sample_rate", "24000"))
        call.detail["speed"] = float(speed)
        speaker = Speaker(
            request,
            say=lambda text: self._voice.say(text, choice, rate),
            sample_rate=rate,
            shared=self._shared,
            call=call,
        )
        return await speaker.serve()
