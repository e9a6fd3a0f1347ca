"""Beyond Presence's `/v1/sessions` and `/v1/sessions/{id}`, as documented."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import jwt
from aiohttp import web

from agent.demo.providers.wire import serving

KEY = "sk-0123456789"


@dataclass
class BeyondPresenceSessions:
    """The sessions that it knows: seconds by id; None for one that has not ended."""

    seconds: dict[str, float | None] = field(default_factory=dict)
    status: int = 0
    """Answer all requests with this status, if it is not 0."""
    body: str = ""
    """Answer with this text."""
    failing: dict[str, int] = field(default_factory=dict)
    """HTTP status by id, of sessions that alone are not answered."""
    statuses: dict[str, dict[str, str]] = field(default_factory=dict)
    """The field `status` by id, if it is an unusual one."""
    cursor: type[str] | type[int] = str
    listed: dict[str, tuple[str | None, float]] = field(default_factory=dict)
    """In the list, latest first: the LiveKit URL by id, and how long ago the session started."""
    asked: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)
    """The identities of the avatars that were requested."""
    answers: list[str] = field(default_factory=list)
    """To the next of these requests: `lost` (the connection is reset), `hang`, or a status. All
    others are answered with 201."""
    url: str = ""

    async def create(self, request: web.Request) -> web.Response:
        token = (await request.json())["token"]
        self.requested.append(jwt.decode(token, options={"verify_signature": False})["sub"])
        answer = self.answers.pop(0) if self.answers else "201"
        if answer == "hang":
            while request.transport is not None:
                await asyncio.sleep(0.02)
            return web.Response()
        if answer == "lost":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return web.json_response({"id": f"bey-{len(self.requested)}"}, status=int(answer))

    async def answer(self, request: web.Request) -> web.Response:
        session_id = request.match_info["id"]
        self.asked.append(session_id)
        if self.status or self.body:
            return web.Response(status=self.status or 200, text=self.body)
        if request.headers.get("x-api-key") != KEY:
            return web.json_response({"detail": "Invalid API key"}, status=401)
        if status := self.failing.get(session_id):
            return web.Response(status=status)
        if session_id not in self.seconds:
            return web.json_response({"detail": "Session not found"}, status=404)
        return web.json_response(self._session(session_id, 3_600))

    async def list(self, request: web.Request) -> web.Response:
        """Two sessions on each page."""
        first = int(request.query.get("cursor", "0"))
        rows = list(self.listed.items())
        page = [{**self._session(id_, ago_s), "url": url} for id_, (url, ago_s) in rows[first:][:2]]
        more = len(rows) > first + 2
        cursor = self.cursor(first + 2) if more else None
        answer = {"data": page, "has_more": more, "next_cursor": cursor}
        return web.json_response(answer)

    def _session(self, session_id: str, ago_s: float) -> dict[str, object]:
        seconds = self.seconds[session_id]
        began = datetime.now(UTC) - timedelta(seconds=ago_s)
        status = {"type": "ongoing", "started_at": began.isoformat().replace("+00:00", "Z")}
        if seconds is not None:
            ended = began + timedelta(seconds=seconds)
            status |= {"type": "completed", "ended_at": ended.isoformat().replace("+00:00", "Z")}
        if seconds == 0:
            status = {"type": "to_start"}
        status = self.statuses.get(session_id, status)
        return {"id": session_id, "avatar_id": "demo", "status": status}


@asynccontextmanager
async def beyond_presence() -> AsyncIterator[BeyondPresenceSessions]:
    """Serve on loopback."""
    server = BeyondPresenceSessions()
    app = web.Application()
    app.router.add_get("/v1/sessions/{id}", server.answer)
    app.router.add_get("/v1/sessions", server.list)
    app.router.add_post("/v1/sessions", server.create)
    async with serving(app) as server.url:
        yield server
