"""Deepgram's API as livekit-plugins-deepgram 1.8.9 and `doctor` call it.

Routes: `/v1/listen`, `/v2/listen`, `/v1/speak` and `/v1/auth/token`. Recognition and
voice are real and run on this machine; languages other than English are not transcribed.
"""

from __future__ import annotations

import contextlib
from typing import Any

from aiohttp import WSMsgType, web

from agent.demo.providers.deepgram.queries import query_problem
from agent.demo.providers.deepgram.results import ResultsListener
from agent.demo.providers.deepgram.speak import Speaker
from agent.demo.providers.deepgram.turns import TurnsListener
from agent.demo.providers.deepgram.voices import aura_voice
from agent.demo.providers.speech import Recogniser, Voice
from agent.demo.providers.wire import Call, Shared, is_invalid_key, refused

_CLOSED = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)


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
        half_open = self._faults.take("stt", "half-open") is not None
        socket = web.WebSocketResponse(autoping=not half_open)
        await socket.prepare(request)
        if half_open:
            call.detail["fault"] = "half-open"
            # Read everything and answer nothing, not even pings, until the peer is gone.
            while (await socket.receive()).type not in _CLOSED:
                pass
            return socket
        serve = TurnsListener if request.path == "/v2/listen" else ResultsListener
        listener = serve(
            request, socket, recogniser=self.recogniser, shared=self._shared, call=call
        )
        with contextlib.suppress(ConnectionError):  # the peer may leave at any moment
            await listener.run()
            if not socket.closed:
                metadata = {"type": "Metadata", "request_id": "stand-in", "channels": 1}
                await socket.send_json(metadata)
                await socket.close()
        call.detail["ended"] = True
        return socket

    async def _speak(self, request: web.Request) -> web.StreamResponse:
        model, speed = request.query.get("model", ""), request.query.get("speed", "1")
        call = await self._begin(
            request, "tts", "WS /v1/speak", of="aura", model=model, speed=speed
        )
        choice = aura_voice(model, float(speed))
        rate = int(request.query.get("sample_rate", "24000"))
        call.detail["speed"] = float(speed)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        speaker = Speaker(
            request,
            socket,
            say=lambda text: self._voice.say(text, choice, rate),
            sample_rate=rate,
            shared=self._shared,
            call=call,
        )
        with contextlib.suppress(ConnectionError):
            await speaker.run()
        return socket
