"""Beyond Presence's API as livekit-plugins-bey 1.8.9 and `doctor` call it.

`POST /v1/sessions` starts an avatar that really joins the room; `GET /v1/sessions/{id}` and
`GET /v1/sessions`, the list, have its times. Avatars whose id begins with `no-such` do not exist;
those that begin with `untrained` are still in training.
Routes: https://docs.bey.dev/openapi.json.
"""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import jwt
from aiohttp import web
from pydantic import BaseModel, Field, ValidationError

from agent.demo.providers.beyond_presence.sessions import Avatars, AvatarSession
from agent.demo.providers.wire import Call, Shared, drop, refused

_UNKNOWN = "no-such"
_LATENCY_S = 0.05
_Text = Annotated[str, Field(min_length=1)]


class _Asked(BaseModel):
    """The body of a request for an avatar."""

    transport: Literal["livekit"]
    avatar_id: _Text
    url: _Text
    token: _Text


class BeyondPresence:
    """The API and its avatars."""

    def __init__(self, shared: Shared) -> None:
        self._shared, self._faults = shared, shared.faults
        self.avatars = Avatars(shared.faults)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/v1/sessions", self._create)
        app.router.add_get("/v1/sessions", self._list)
        app.router.add_get("/v1/sessions/{id}", self._retrieve)
        app.router.add_get("/v1/auth/verify", self._check)
        app.router.add_get("/v1/avatars/{id}", self._check)
        app.router.add_get("/v1/usage", self._check)
        return app

    async def _begin(self, request: web.Request) -> Call:
        return await self._shared.begin(request, "bey", request.headers.get("x-api-key", ""))

    async def _create(self, request: web.Request) -> web.StreamResponse:
        call = await self._begin(request)
        try:
            asked = _Asked.model_validate_json(await request.read())
        except ValidationError as e:
            detail = e.errors(include_url=False, include_context=False, include_input=False)
            raise refused("bey", 422, detail) from None
        if urlsplit(asked.url).scheme not in {"ws", "wss"}:
            raise refused("bey", 400, "url must start with ws:// or wss://")
        if asked.avatar_id.startswith(_UNKNOWN):
            raise refused("bey", 404, "Avatar not found")
        await asyncio.sleep(_LATENCY_S * self._shared.latency)
        claims = _claims(asked.token)
        session = AvatarSession(str(uuid.uuid4()), asked.avatar_id, asked.url, claims=claims)
        call.detail |= {
            "session": session.id,
            "avatar_id": session.avatar_id,
            "url": asked.url,
            "room": (claims.get("video") or {}).get("room", ""),
        }
        self.avatars.start(session, asked.token)
        if self._faults.take("bey", "lost-answer"):
            drop(request)
        if self._faults.take("bey", "garbage"):
            return web.Response(status=201, text='{"id": "', content_type="application/json")
        started = {"started_at": _iso(session.created_at)}
        return web.json_response(_as_answer(session) | started, status=201)

    async def _retrieve(self, request: web.Request) -> web.StreamResponse:
        await self._begin(request)
        session = self.avatars.sessions.get(request.match_info["id"])
        if session is None:
            raise refused("bey", 404, "Session not found")
        return web.json_response(_as_answer(session))

    async def _list(self, request: web.Request) -> web.StreamResponse:
        await self._begin(request)
        sessions = sorted(self.avatars.sessions.values(), key=lambda one: -one.created_at)
        first, limit = (int(request.query.get(k, v)) for k, v in (("cursor", 0), ("limit", 10)))
        more, page = len(sessions) > first + limit, sessions[first : first + limit]
        cursor = str(first + limit) if more else None
        answer = {"data": [*map(_as_answer, page)], "next_cursor": cursor, "has_more": more}
        return web.json_response(answer)

    async def _check(self, request: web.Request) -> web.StreamResponse:
        """Free calls of `doctor`: is the key valid, the avatar there, and what is the usage."""
        await self._begin(request)
        avatar = request.match_info.get("id")
        if request.path == "/v1/usage":
            return web.FileResponse(Path(__file__).with_name("usage.json"))
        if avatar is None:
            return web.Response(status=204)
        if avatar.startswith(_UNKNOWN):
            raise refused("bey", 404, "Avatar not found")
        status = "training" if avatar.startswith("untrained") else "available"
        known = {"id": avatar, "name": avatar, "visibility": "private", "status": status}
        return web.json_response(known)


def _as_answer(session: AvatarSession) -> dict[str, Any]:
    status = {"type": "to_start"}
    if session.joined_at is not None:
        status = {"type": "ongoing", "started_at": _iso(session.joined_at)}
        if session.left_at is not None:
            status |= {"type": "completed", "ended_at": _iso(session.left_at)}
    return {
        "id": session.id,
        "avatar_id": session.avatar_id,
        "status": status,
        "url": session.url,
        "transport": "livekit",
    }


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def _claims(token: str) -> dict[str, Any]:
    """What a token says, not verified: only LiveKit has its key. Empty if it is not a JWT."""
    try:
        return jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return {}
