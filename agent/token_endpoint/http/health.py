"""Health routes: `/healthz` (alive) and `/readyz` (ready)."""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter, Request, Response

from agent.token_endpoint.http.operation_docs import operation_id
from agent.token_endpoint.http.schemas import Health, Readiness
from agent.token_endpoint.readiness import ReadinessCheck

router = APIRouter(generate_unique_id_function=operation_id)


@router.head("/healthz", include_in_schema=False)  # uptime monitors send HEAD
@router.get("/healthz", summary="Alive")
async def healthz() -> Health:
    """The process is alive. This says nothing about LiveKit or the store."""
    return Health()


@router.head("/readyz", include_in_schema=False)
@router.get(
    "/readyz",
    summary="Ready",
    responses={503: {"model": Readiness, "description": "Not ready; try again later."}},
)
async def readyz(request: Request, response: Response) -> Readiness:
    """Whether greetings can start: the store and LiveKit have answered in the last 15 s."""
    check = cast(ReadinessCheck, request.app.state.readiness)
    store, livekit = check.store_answers, check.livekit_answers
    response.status_code = 200 if store and livekit else 503
    return Readiness(ready=store and livekit, store=store, livekit=livekit)
