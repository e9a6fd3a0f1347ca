"""The endpoint's health pages: alive and ready are two questions."""

from __future__ import annotations

from typing import cast

from fastapi import FastAPI, Request, Response

from agent.token_endpoint.http.schemas import Health, Readiness
from agent.token_endpoint.readiness import ReadinessCheck


def add_health_routes(app: FastAPI) -> None:
    """`/healthz` and `/readyz`; they ask `app.state.vitals`."""
    app.get("/healthz", summary="Alive", response_model=Health)(healthz)
    app.get(
        "/readyz",
        summary="Ready",
        response_model=Readiness,
        responses={503: {"model": Readiness, "description": "Not ready; it may be soon."}},
    )(readyz)


async def healthz() -> Health:
    """The process answers; it says nothing of LiveKit."""
    return Health()


async def readyz(request: Request, response: Response) -> Readiness:
    """Whether greetings can be started: the store and LiveKit have answered in the last 15 s."""
    vitals = cast(ReadinessCheck, request.app.state.vitals)
    store, livekit = vitals.store, vitals.livekit
    response.status_code = 200 if store and livekit else 503
    return Readiness(ready=store and livekit, store=store, livekit=livekit)
