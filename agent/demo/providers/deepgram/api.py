"""Deepgram's API as livekit-plugins-deepgram 1.8.9 and `doctor` call it.

Routes: `/v1/listen`, `/v2/listen`, `/v1/speak` and `/v1/auth/token`. Recognition and
voice are real and run on this machine; languages other than English are not transcribed.
"""

from __future__ import annotations

from aiohttp import web

from agent.demo.providers.deepgram.listen import Listener, ListenV1
from agent.demo.providers.deepgram.rules import query_problem
from agent.demo.providers.deepgram.speak import Speaker
from agent.demo.providers.deepgram.turns import TurnsListener
from agent.demo.providers.wire import Shared, refused

_CONNECTIONS: dict[str, type[Listener | Speaker]] = {
    "/v1/listen": ListenV1,
    "/v2/listen": TurnsListener,
    "/v1/speak": Speaker,
}
_KEY_CHECK = "/v1/auth/token"


def deepgram(shared: Shared) -> web.Application:
    """The API."""

    async def serve(request: web.Request) -> web.StreamResponse:
        provider = "aura" if request.path == "/v1/speak" else "stt"
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        key = key if scheme.lower() in {"token", "bearer"} else ""
        await shared.begin(request, provider, key, model=request.query.get("model", ""))
        if request.path == _KEY_CHECK:  # a free call of `doctor`
            return web.json_response({"api_key_id": "stand-in", "scopes": ["usage:write"]})
        if problem := query_problem(request.path, request.query):
            raise refused("stt", 400, problem[1], code=problem[0])
        return await _CONNECTIONS[request.path](request, shared).serve()

    app = web.Application()
    app.add_routes([web.get(path, serve) for path in (*_CONNECTIONS, _KEY_CHECK)])
    return app
