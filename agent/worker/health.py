"""The worker's health pages on AGENT_HTTP_PORT, beside livekit-agents' own `/`."""

from __future__ import annotations

from aiohttp import web

from agent.core.livekit_internals import ObservableAgentServer


def health_routes(worker: ObservableAgentServer) -> list[web.RouteDef]:
    """`/healthz` (the process responds) and `/readyz` (it accepts jobs)."""

    async def healthz(_: web.Request) -> web.Response:
        """A process that responds is healthy, also while draining or without LiveKit."""
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        """The worker is ready if it is registered with LiveKit and not draining."""
        ready = worker.registered and not worker.draining
        return web.json_response(
            {"ready": ready, "registered": worker.registered, "draining": worker.draining},
            status=200 if ready else 503,
        )

    return [web.get("/healthz", healthz), web.get("/readyz", readyz)]
