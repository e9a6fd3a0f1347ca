"""The routes: greetings and their feedback, LiveKit's webhook, and health."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, cast

from fastapi import APIRouter, Path, Request, Response
from fastapi.routing import APIRoute

from agent.core.job_metadata import JobMetadata, room_name_of
from agent.core.log import logger
from agent.core.plain_text import one_line
from agent.core.settings import EndpointSettings
from agent.outcomes.feedback import FeedbackResult
from agent.outcomes.outcome import COMMENT_MAX, Feedback
from agent.outcomes.schema import VERSION as OUTCOME_VERSION
from agent.outcomes.schema import outcome_schema
from agent.store import Phase, Store
from agent.token_endpoint.auth.authenticate import Caller, Role, authenticate
from agent.token_endpoint.auth.platform_jwt import PlatformJwtVerifier
from agent.token_endpoint.errors import ApiError, unauthorized
from agent.token_endpoint.greetings import Greetings
from agent.token_endpoint.http.allowed_fields import reject_foreign_fields
from agent.token_endpoint.http.livekit_webhooks import LiveKitWebhooks
from agent.token_endpoint.http.operation_docs import (
    SECURITY,
    WEBHOOK_BODY,
    body_of,
    error_responses,
    operation_id,
)
from agent.token_endpoint.http.request_body import read_body, read_bytes
from agent.token_endpoint.http.responses import fallback_for, greeting_response
from agent.token_endpoint.http.schemas import (
    SESSION_ID,
    EndRequest,
    EndResponse,
    FeedbackRequest,
    FeedbackResponse,
    GreetingRequest,
    GreetingResponse,
    Health,
    Readiness,
    WebhookResponse,
)
from agent.token_endpoint.metrics import ENDED, STARTED
from agent.token_endpoint.rate_limits import limits_of
from agent.token_endpoint.readiness import ReadinessCheck

GREETING_PATH = "/api/users/sessions/{session_id}/avatar-greeting"
WEBHOOK_PATH = "/livekit/webhook"
SCHEMA_PATH = f"/schemas/outcome.v{OUTCOME_VERSION}.json"

SessionId = Annotated[str, Path(pattern=SESSION_ID)]


class _DirectRoute(APIRoute):
    """A route of a session whose endpoint returns the response itself.

    FastAPI's handler for any endpoint takes 5 % of the CPU time of a start.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        async def handle(request: Request) -> Response:
            return cast(Response, await self.endpoint(request.path_params["session_id"], request))

        return handle


class _SchemaResponse(Response):
    media_type = "application/schema+json"


@dataclass(frozen=True, kw_only=True)
class Services:
    """What the routes use; in `app.state.services`."""

    settings: EndpointSettings
    verifier: PlatformJwtVerifier
    greetings: Greetings
    store: Store
    webhooks: LiveKitWebhooks
    readiness: ReadinessCheck


router = APIRouter(generate_unique_id_function=operation_id)
direct_router = APIRouter(route_class=_DirectRoute, generate_unique_id_function=operation_id)


@direct_router.post(GREETING_PATH, include_in_schema=False)
@direct_router.post(
    f"{GREETING_PATH}/",
    summary="Start or rejoin a greeting",
    response_model=GreetingResponse,
    status_code=201,
    responses={
        200: {
            "model": GreetingResponse,
            "description": "The greeting already exists; the trainee rejoins it.",
        },
        **error_responses(but=("feedback_not_kept",)),
    },
    openapi_extra=SECURITY | body_of(GreetingRequest),
)
async def start_greeting(session_id: SessionId, request: Request) -> Response:
    """Dispatch an agent to the session's room and return a token for the trainee.

    The call is idempotent: one greeting per session.
    """
    services = _services(request)
    settings = services.settings
    caller = await _caller_of(request, session_id)
    # Not before: TrainingGreeterRequestsAreInvalid counts this error of the platform's requests.
    if not re.fullmatch(SESSION_ID, session_id):
        raise ApiError("invalid_request", f"path.session_id: must match {SESSION_ID}")
    body = await read_body(request, GreetingRequest)
    reject_foreign_fields(
        body,
        session_id,
        agent_name=settings.livekit_agent_name,
        from_browser=caller.role is Role.BROWSER,
    )
    if caller.role is Role.BACKEND:
        request.state.metadata = body.job_metadata(
            session_id, subject="", continue_url=settings.continue_url
        )
    if (body.join_timeout_s or 0) > (longest_s := settings.join_timeout_max_s):
        raise ApiError(
            "invalid_request",
            f"join_timeout_s: must be {longest_s:g} or less (JOIN_TIMEOUT_MAX_S)",
        )
    metadata: JobMetadata = request.state.metadata.model_copy(
        update={"asked_at": time.time(), "join_timeout_s": body.join_timeout_s}
    )
    limits = limits_of(settings, "start", session_id, caller, caller.subject or metadata.trainee.id)
    before = await services.greetings.start(metadata, restart=body.restart is True, limits=limits)
    first = before is None
    request.state.outcome = "started" if first else "again"
    if first:
        STARTED.inc()
    logger.info(
        "greeting requested",
        extra={
            "event": "greeting_requested",
            "session_id": session_id,
            "first": first,
            "by": caller.role,
        },
    )
    greeting = greeting_response(
        settings, metadata, client=body.client, rejoins=before is Phase.MET
    )
    # FastAPI would validate the model again before it writes it.
    return Response(
        greeting.model_dump_json(), 201 if first else 200, media_type="application/json"
    )


@router.post(f"{GREETING_PATH}/end", include_in_schema=False)
@router.post(
    f"{GREETING_PATH}/end/",
    summary="End a greeting and its avatar",
    responses=error_responses(but=("session_ended", "field_not_allowed", "feedback_not_kept")),
    openapi_extra=SECURITY | body_of(EndRequest),
)
async def end_greeting(session_id: SessionId, request: Request) -> EndResponse:
    """End the greeting and its avatar now. The call is idempotent.

    Afterwards the session is answered 409 `session_ended`, until the backend restarts it.
    """
    services = _services(request)
    caller = await _caller_of(request, session_id, allow_room_token=True)
    body = await read_body(request, EndRequest)
    limits = limits_of(services.settings, "end", session_id, caller)
    await services.greetings.end(session_id, body.reason, limits=limits)
    request.state.outcome = "ended"
    ENDED.labels(caller.role).inc()
    logger.info(
        "greeting ended by request",
        extra={
            "event": "greeting_end_requested",
            "session_id": session_id,
            "reason": body.reason,
            "by": caller.role,
        },
    )
    return EndResponse(
        session_id=session_id,
        room_name=room_name_of(session_id),
        fallback=fallback_for(services.settings, getattr(request.state, "metadata", None)),
    )


@router.post(f"{GREETING_PATH}/feedback", include_in_schema=False)
@router.post(
    f"{GREETING_PATH}/feedback/",
    summary="Add feedback after the greeting has ended",
    responses=error_responses(but=("session_ended", "field_not_allowed")),
    openapi_extra=SECURITY | body_of(FeedbackRequest),
)
async def give_feedback(session_id: SessionId, request: Request) -> FeedbackResponse:
    """Add what the trainee thinks of the greeting to its outcome, after its end.

    The feedback replaces earlier feedback. Two minutes after the last change it is sent to the
    webhook as `greeting.feedback`. Until the end, the page gives feedback to the agent.
    """
    services = _services(request)
    caller = await _caller_of(request, session_id, allow_room_token=True)
    body = await read_body(request, FeedbackRequest)
    await services.store.count(limits_of(services.settings, "feedback", session_id, caller))
    feedback = Feedback(
        helpful=body.helpful, comment=one_line(body.comment, COMMENT_MAX), at=datetime.now(UTC)
    )
    if (
        services.settings.only_counts
        or await services.greetings.give_feedback(session_id, feedback) is not FeedbackResult.ADDED
    ):
        raise ApiError("feedback_not_kept", "the greeting has no outcome that takes feedback")
    request.state.outcome = "feedback"
    logger.info(
        "feedback received after the end of a greeting",
        extra={"event": "feedback_received", "session_id": session_id},
    )
    return FeedbackResponse(session_id=session_id)


@router.post(
    WEBHOOK_PATH,
    summary="LiveKit's webhooks",
    responses=error_responses(
        but=(
            *("session_ended", "field_not_allowed", "feedback_not_kept"),
            *("forbidden", "not_json"),
        )
    ),
    openapi_extra=WEBHOOK_BODY,
)
async def receive_livekit_webhook(request: Request) -> WebhookResponse:
    """Receive an event from LiveKit, signed with LIVEKIT_API_KEY."""
    body = await read_bytes(request)
    authorization = request.headers.get("authorization")
    return WebhookResponse(used=await _services(request).webhooks.receive(body, authorization))


@router.get(
    SCHEMA_PATH,
    summary="JSON Schema of an outcome",
    response_class=_SchemaResponse,
    responses={
        200: {
            "description": "JSON Schema, draft 2020-12.",
            "content": {_SchemaResponse.media_type: {"schema": {"type": "object"}}},
        }
    },
)
async def get_outcome_schema() -> Response:
    """The schema of the `data` of the webhook message `greeting.ended`, as this version sends it.

    A removed field or another type raises the number in the path. New fields do not.
    """
    return _SchemaResponse(outcome_schema())


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
    check = _services(request).readiness
    store, livekit = check.store_answers, check.livekit_answers
    response.status_code = 200 if store and livekit else 503
    return Readiness(ready=store and livekit, store=store, livekit=livekit)


def _services(request: Request) -> Services:
    return cast(Services, request.app.state.services)


async def _caller_of(
    request: Request, session_id: str, *, allow_room_token: bool = False
) -> Caller:
    """Authenticate. From now on, errors have the welcome text of a trainee who calls."""
    if any(len(request.headers.getlist(name)) > 1 for name in ("authorization", "x-api-key")):
        # A proxy in front of us may use another one of them than we would.
        raise unauthorized("send one X-API-Key or one Authorization header, not several")
    services = _services(request)
    caller = await authenticate(
        services.settings,
        services.verifier,
        session_id,
        api_key=request.headers.get("x-api-key"),
        authorization=request.headers.get("authorization"),
        allow_room_token=allow_room_token,
    )
    if caller.role is Role.BROWSER:
        request.state.metadata = caller.claims.job_metadata(
            session_id, subject=caller.subject, continue_url=services.settings.continue_url
        )
    return caller
