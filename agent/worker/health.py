"""The worker's health pages: alive and ready are two questions.

Both are at AGENT_HTTP_PORT, beside livekit-agents' own `/`, which knows no drain.
"""

from __future__ import annotations

from aiohttp import web
from livekit.agents import AgentServer


def add_health_pages(app: web.Application, worker: AgentServer) -> None:
    """`/healthz` and `/readyz`, as the endpoint has them; `app` must not have started yet."""

    async def healthz(_: web.Request) -> web.Response:
        """Whoever answers is alive, draining or without LiveKit too: a hung process does not."""
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        """Registered with LiveKit, and taking jobs."""
        registered = worker.id != "unregistered" and not worker._connection_failed
        ready = registered and not worker.draining
        return web.json_response(
            {"ready": ready, "registered": registered, "draining": worker.draining},
            status=200 if ready else 503,
        )

    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz)])
