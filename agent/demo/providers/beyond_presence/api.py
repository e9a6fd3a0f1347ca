"""Beyond Presence's API as livekit-plugins-bey 1.8.9 and `doctor` call it.

`POST /v1/sessions` starts an avatar that really joins the room. Avatars whose id begins with
`no-such` do not exist; those that begin with `untrained` are still in training.
Routes: https://docs.bey.dev/openapi.json.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Any
from urllib.parse import urlsplit

import jwt
from aiohttp import web

from agent.demo.providers.beyond_presence.sessions import Avatars, AvatarSession
from agent.demo.providers.wire import (
    Call,
    Shared,
    drop,
    failing_answer,
    is_invalid_key,
    refusal,
    refused,
)

_USAGE = {
    "period_start": "2026-01-01T00:00:00+00:00",
    "period_end": "2026-02-01T00:00:00+00:00",
    "included_seconds": 36_000,
    "used_seconds": 0,
    "remaining_seconds": 36_000,
    "overage_seconds": 0,
}
_FIELDS = ("transport", "avatar_id", "url", "token")


class BeyondPresence:
    """The API and its avatars."""

    def __init__(self, shared: Shared) -> None:
        self._shared, self._faults = shared, shared.faults
        self.avatars = Avatars(shared.faults)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/v1/sessions", self._create)
        app.router.add_get("/v1/auth/verify", self._check)
        app.router.add_get("/v1/avatars/{id}", self._check)
        app.router.add_get("/v1/usage", self._check)
        return app

    async def _create(self, request: web.Request) -> web.StreamResponse:
        call = self._shared.record("bey", "POST /v1/sessions")
        if failure := await failing_answer(request, self._faults, call):
            return failure
        if _has_no_key(request):
            return refused(call, 401, "Invalid API key")
        try:
            body = await request.json()
        except ValueError:
            body = None
        if problem := _problem(body):
            return _answer(call, problem)
        if _is_unknown(body["avatar_id"]):
            return refused(call, 404, "Avatar not found")
        await asyncio.sleep(self._shared.latency.bey_s)
        session = AvatarSession(
            id=str(uuid.uuid4()),
            avatar_id=body["avatar_id"],
            created_at=time.time(),
            claims=_claims(body["token"]),
        )
        call.detail |= {
            "session": session.id,
            "avatar_id": session.avatar_id,
            "url": body["url"],
            "room": _room_of(session.claims),
        }
        self.avatars.start(session, url=body["url"], token=body["token"])
        if self._faults.take("bey", "lost-answer"):
            call.detail["fault"] = "lost-answer"
            drop(request)
        if self._faults.take("bey", "garbage"):
            call.detail["fault"] = "garbage"
            broken = web.Response(status=201, text='{"id": "', content_type="application/json")
            return _answer(call, broken)
        call.status = 201
        return web.json_response(
            {**_public(session), "url": body["url"], "transport": "livekit"}, status=201
        )

    async def _check(self, request: web.Request) -> web.StreamResponse:
        """Free calls of `doctor`: is the key valid, the avatar there, and what is the usage."""
        call = self._shared.record("bey", f"GET {request.path}")
        if failure := await failing_answer(request, self._faults, call, lasting=True):
            return failure
        if _has_no_key(request):
            return refused(call, 401, "Invalid API key")
        avatar = request.match_info.get("id")
        if request.path == "/v1/usage":
            return _answer(call, web.json_response(_USAGE))
        if avatar is None:
            return _answer(call, web.Response(status=204))
        if _is_unknown(avatar):
            return refused(call, 404, "Avatar not found")
        status = "training" if avatar.startswith("untrained") else "available"
        known = {"id": avatar, "name": avatar, "visibility": "private", "status": status}
        return _answer(call, web.json_response(known))


def _claims(token: str) -> dict[str, Any]:
    """What a token says, not verified: only LiveKit has its key. Empty if it is not a JWT."""
    try:
        return jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return {}


def _room_of(claims: dict[str, Any]) -> str:
    grants = claims.get("video")
    return str(grants.get("room", "")) if isinstance(grants, dict) else ""


def _has_no_key(request: web.Request) -> bool:
    return is_invalid_key(request.headers.get("x-api-key", ""))


def _is_unknown(avatar_id: str) -> bool:
    return avatar_id.startswith("no-such")


def _answer(call: Call, answer: web.Response) -> web.Response:
    call.status = answer.status
    return answer


def _public(session: AvatarSession) -> dict[str, Any]:
    started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(session.created_at))
    return {
        "id": session.id,
        "avatar_id": session.avatar_id,
        "status": {"type": "to_start"},
        "started_at": started,
    }


def _problem(body: Any) -> web.Response | None:
    """The answer with which the real API would refuse this body; None if it would not."""
    if not isinstance(body, dict):
        return refusal("bey", 400, "the body is not a JSON object")
    missing = [name for name in _FIELDS if not isinstance(body.get(name), str) or not body[name]]
    if missing:
        detail = [
            {"type": "missing", "loc": ["body", name], "msg": "Field required"} for name in missing
        ]
        return web.json_response({"detail": detail}, status=422)
    if body["transport"] != "livekit":
        return web.json_response(
            {"detail": [{"loc": ["body", "transport"], "msg": "Input should be 'livekit'"}]},
            status=422,
        )
    if urlsplit(body["url"]).scheme not in {"ws", "wss"}:
        return refusal("bey", 400, "url must start with ws:// or wss://")
    return None
