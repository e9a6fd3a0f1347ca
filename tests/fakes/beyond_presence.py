"""Beyond Presence's `GET /v1/sessions/{id}` and `GET /v1/sessions`, as documented."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from aiohttp import web

KEY = "sk-0123456789"


@dataclass
class BeyondPresenceSessions:
    """The sessions that it knows: seconds by id; None for one that has not ended."""

    seconds: dict[str, float | None] = field(default_factory=dict)
    status: int = 0
    """Answer all requests with this status, if it is not 0."""
    body: str = ""
    """Answer with this text."""
    listed: dict[str, tuple[str, float]] = field(default_factory=dict)
    """In the list, latest first: the LiveKit URL by id, and how long ago the session started."""
    asked: list[str] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        session_id = request.match_info["id"]
        self.asked.append(session_id)
        if self.status or self.body:
            return web.Response(status=self.status or 200, text=self.body)
        if request.headers.get("x-api-key") != KEY:
            return web.json_response({"detail": "Invalid API key"}, status=401)
        if session_id not in self.seconds:
            return web.json_response({"detail": "Session not found"}, status=404)
        return web.json_response(self._session(session_id, 3_600))

    async def list(self, request: web.Request) -> web.Response:
        """Two sessions on each page."""
        first = int(request.query.get("cursor", "0"))
        rows = list(self.listed.items())
        page = [{**self._session(id_, ago_s), "url": url} for id_, (url, ago_s) in rows[first:][:2]]
        more = len(rows) > first + 2
        answer = {"data": page, "has_more": more, "next_cursor": str(first + 2) if more else None}
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
        return {"id": session_id, "avatar_id": "demo", "status": status}


@asynccontextmanager
async def beyond_presence() -> AsyncIterator[BeyondPresenceSessions]:
    """Serve on loopback."""
    server = BeyondPresenceSessions()
    app = web.Application()
    app.router.add_get("/v1/sessions/{id}", server.answer)
    app.router.add_get("/v1/sessions", server.list)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
