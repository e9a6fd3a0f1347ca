"""Health routes: `/healthz` (alive) and `/readyz` (ready)."""

from __future__ import annotations

from typing import cast

from fastapi import FastAPI, Request, Response

from agent.token_endpoint.http.schemas import Health, Readiness
from agent.token_endpoint.readiness import ReadinessCheck


def add_health_routes(app: FastAPI) -> None:
    """Add the routes; they read `app.state.readiness`."""
    app.get("/healthz", summary="Alive", response_model=Health)(healthz)
    app.get(
        "/readyz",
        summary="Ready",
        response_model=Readiness,
        responses={503: {"model": Readiness, "description": "Not ready; try again later."}},
    )(readyz)
    # Uptime monitors send HEAD.
    app.head("/healthz", include_in_schema=False)(healthz)
    app.head("/readyz", include_in_schema=False)(readyz)


async def healthz() -> Health:
    """The process is alive. This says nothing about LiveKit or the store."""
    return Health()


async def readyz(request: Request, response: Response) -> Readiness:
    """Whether greetings can start: the store and LiveKit have answered in the last 15 s."""
    check = cast(ReadinessCheck, request.app.state.readiness)
    store, livekit = check.store_answers, check.livekit_answers
    response.status_code = 200 if store and livekit else 503
    return Readiness(ready=store and livekit, store=store, livekit=livekit)
