"""The endpoint's HTTP: routes, and how every outcome becomes an answer."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any, cast

from fastapi import Depends, FastAPI, Path, Request, Response, Security
from fastapi.security import APIKeyHeader, HTTPBearer

from agent.core.job_metadata import JobMetadata, room_name_of
from agent.core.settings import EndpointSettings
from agent.outcomes.delivery import OutcomeDelivery
from agent.store import Store, open_store
from agent.token_endpoint.auth.authenticate import Caller, Role, authenticate
from agent.token_endpoint.auth.platform_jwt import PlatformJwtVerifier
from agent.token_endpoint.errors import unauthorized
from agent.token_endpoint.greetings import Greetings
from agent.token_endpoint.http.allowed_fields import reject_foreign_fields
from agent.token_endpoint.http.error_handlers import add_error_handlers
from agent.token_endpoint.http.error_response import fallback_for
from agent.token_endpoint.http.greeting_response import greeting_response
from agent.token_endpoint.http.health import add_health_routes
from agent.token_endpoint.http.livekit_webhooks import LiveKitWebhooks
from agent.token_endpoint.http.middleware import CorsMiddleware, EdgeMiddleware
from agent.token_endpoint.http.openapi import EVENT_BODY, body_of, error_responses, set_openapi
from agent.token_endpoint.http.request_body import read_body, read_bytes
from agent.token_endpoint.http.schemas import (
    SESSION_ID,
    EndRequest,
    EndResponse,
    GreetingRequest,
    GreetingResponse,
    WebhookResponse,
)
from agent.token_endpoint.http.spans import RequestSpans
from agent.token_endpoint.livekit_rooms import LiveKitRooms
from agent.token_endpoint.metrics import ENDED, STARTED
from agent.token_endpoint.rate_limits import RateLimits
from agent.token_endpoint.readiness import ReadinessCheck
from agent.token_endpoint.supervision.dispatches import DispatchSupervisor
from agent.token_endpoint.supervision.reaper import Reaper
from agent.token_endpoint.supervision.supervisor import PASS_S, Supervisor

logger = logging.getLogger(__name__)

GREETING = "/api/users/sessions/{session_id}/avatar-greeting"

SessionId = Annotated[str, Path(pattern=SESSION_ID)]
ApiKey = Annotated[
    str | None,
    Security(APIKeyHeader(name="X-API-Key", auto_error=False, description="The backend's key.")),
]
_bearer = HTTPBearer(
    auto_error=False, description="A platform JWT; to end a greeting, its room token will do too."
)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the routes work with, made at start-up and closed at the end."""

    settings: EndpointSettings
    tokens: PlatformJwtVerifier
    rates: RateLimits
    greetings: Greetings
    events: LiveKitWebhooks


def create_app(
    settings: EndpointSettings, *, store: Store | None = None, supervision_pass_s: float = PASS_S
) -> FastAPI:
    """The endpoint as an ASGI app.

    Args:
        store: closed with the app; the one the settings name where None.
        supervision_pass_s: between two supervision passes.

    Raises:
        ScriptError: the welcome text cannot be read; better now than at the first failure.
        StoreError: the store cannot be opened.
    """
    fallback_for(settings, None)
    memory = store or open_store(settings)
    spans = RequestSpans(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        rooms = LiveKitRooms(settings)
        greetings = Greetings(rooms, memory, dispatch_check_s=settings.dispatch_check_s)
        supervisor = Supervisor(
            rooms,
            memory,
            DispatchSupervisor(rooms, memory, settings.dispatch_check_s),
            Reaper(rooms, greetings, memory),
            pass_s=supervision_pass_s,
        )
        vitals = app.state.vitals = ReadinessCheck(rooms, memory, settings)
        parts = app.state.parts = Parts(
            settings=settings,
            tokens=PlatformJwtVerifier(settings),
            rates=RateLimits(settings),
            greetings=greetings,
            events=LiveKitWebhooks(settings, memory, supervisor, greetings),
        )
        try:
            async with OutcomeDelivery(memory, settings), supervisor, vitals:
                yield
        finally:
            await parts.events.aclose()
            await parts.tokens.aclose()
            await parts.rates.aclose()
            await rooms.aclose()
            await memory.aclose()
            await spans.aclose()

    app = FastAPI(
        title="training-greeter token endpoint",
        version="1",
        lifespan=lifespan,
        redirect_slashes=False,
        # FastAPI's pages bring scripts from a CDN to where keys are typed in.
        docs_url=None,
        redoc_url=None,
    )
    add_error_handlers(app, settings)
    _add_routes(app)
    app.add_middleware(EdgeMiddleware, settings=settings, spans=spans)
    if settings.cors_allowed_origins:
        app.add_middleware(
            CorsMiddleware,
            origins=settings.cors_allowed_origins,
            continue_url=settings.continue_url,
        )
    set_openapi(app)
    return app


def _parts(request: Request) -> Parts:
    return cast(Parts, request.app.state.parts)


def _add_routes(app: FastAPI) -> None:
    greeting: dict[str, Any] = {
        "response_model": GreetingResponse,
        "status_code": 201,
        "responses": {
            200: {"model": GreetingResponse, "description": "Asked again: the same greeting."},
            **error_responses(),
        },
        "dependencies": [Depends(_bearer)],
        "openapi_extra": body_of(GreetingRequest),
    }
    end: dict[str, Any] = {
        "response_model": EndResponse,
        "responses": error_responses(but=("session_ended", "field_not_allowed")),
        "dependencies": [Depends(_bearer)],
        "openapi_extra": body_of(EndRequest),
    }
    app.post(GREETING + "/", summary="Start or rejoin a greeting", **greeting)(start_greeting)
    app.post(GREETING, include_in_schema=False, **greeting)(start_greeting)
    app.post(GREETING + "/end/", summary="End a greeting and its avatar", **end)(end_greeting)
    app.post(GREETING + "/end", include_in_schema=False, **end)(end_greeting)
    app.post(
        "/livekit/webhook",
        summary="LiveKit's webhooks",
        response_model=WebhookResponse,
        responses=error_responses(
            but=("session_ended", "field_not_allowed", "forbidden", "not_json")
        ),
        openapi_extra=EVENT_BODY,
    )(receive_livekit_webhook)
    add_health_routes(app)


async def start_greeting(
    session_id: SessionId, request: Request, response: Response, api_key: ApiKey
) -> GreetingResponse:
    """Send for the greeter and let the trainee in. Repeating it is safe: one greeting a session."""
    parts = _parts(request)
    settings = parts.settings
    caller = await _who(request, session_id, api_key)
    if caller.role is Role.BROWSER:
        request.state.metadata = _metadata(settings, session_id, caller.claims, caller.subject)
    asked = await read_body(request, GreetingRequest)
    reject_foreign_fields(
        asked,
        session_id,
        agent_name=settings.livekit_agent_name,
        from_browser=caller.role is Role.BROWSER,
    )
    if caller.role is Role.BACKEND:
        request.state.metadata = _metadata(settings, session_id, asked)
    metadata: JobMetadata = request.state.metadata.model_copy(update={"asked_at": time.time()})
    await parts.rates.start(
        session_id,
        caller.subject or metadata.trainee.id,
        by_backend=caller.role is Role.BACKEND,
    )
    first = await parts.greetings.start(metadata, restart=asked.restart is True)
    response.status_code = 201 if first else 200
    request.state.outcome = "started" if first else "again"
    if first:
        STARTED.inc()
    logger.info(
        "a greeting was asked for",
        extra={"session_id": session_id, "first": first, "by": caller.role.name.lower()},
    )
    return greeting_response(settings, metadata, client=asked.client)


async def end_greeting(session_id: SessionId, request: Request, api_key: ApiKey) -> EndResponse:
    """End the greeting and the paid avatar at once. Repeating it is harmless.

    Afterwards the session is answered 409 `session_ended`, until the backend restarts it.
    """
    parts = _parts(request)
    caller = await _who(request, session_id, api_key, may_be_in_room=True)
    if caller.role is Role.BROWSER:
        request.state.metadata = _metadata(
            parts.settings, session_id, caller.claims, caller.subject
        )
    asked = await read_body(request, EndRequest)
    await parts.rates.end(session_id, by_backend=caller.role is Role.BACKEND)
    await parts.greetings.end(session_id, asked.reason)
    request.state.outcome = "ended"
    ENDED.labels(caller.role.name.lower(), "for_good").inc()
    logger.info(
        "greeting ended by request",
        extra={
            "event": "greeting_end_requested",
            "session_id": session_id,
            "reason": asked.reason,
            "by": caller.role.name.lower(),
        },
    )
    return EndResponse(
        session_id=session_id,
        room_name=room_name_of(session_id),
        fallback=fallback_for(parts.settings, getattr(request.state, "metadata", None)),
    )


async def receive_livekit_webhook(request: Request) -> WebhookResponse:
    """What LiveKit says of its rooms, signed with LIVEKIT_API_KEY: a hint to look there at once."""
    body = await read_bytes(request)
    used = await _parts(request).events.take(body, request.headers.get("authorization"))
    return WebhookResponse(used=used)


async def _who(
    request: Request, session_id: str, api_key: str | None, *, may_be_in_room: bool = False
) -> Caller:
    if any(len(request.headers.getlist(name)) > 1 for name in ("authorization", "x-api-key")):
        # Which one counts is a matter of taste, and what stands before us may have another.
        raise unauthorized("send one X-API-Key or one Authorization, not several")
    parts = _parts(request)
    return await authenticate(
        parts.settings,
        parts.tokens,
        session_id,
        api_key=api_key,
        authorization=request.headers.get("authorization"),
        may_be_in_room=may_be_in_room,
    )


def _metadata(
    settings: EndpointSettings, session_id: str, told: Any, subject: str = ""
) -> JobMetadata:
    metadata: JobMetadata = told.job_metadata(
        session_id, subject=subject, continue_url=settings.continue_url
    )
    return metadata
