"""Responses: the room and its token, or an error; both with welcome text and Continue URL."""

from __future__ import annotations

import functools
from datetime import timedelta

from starlette.responses import JSONResponse, Response

from agent.core.job_metadata import JobMetadata, room_name_of
from agent.core.settings import EndpointSettings
from agent.room.contract import ATTRIBUTE_CLIENT, CLIENT_AVATAR_GREETING
from agent.scripts import Welcome, introduction_of, welcome_for
from agent.token_endpoint.errors import RETRY_AFTER, ApiError
from agent.token_endpoint.http.schemas import (
    ErrorDetail,
    ErrorResponse,
    Fallback,
    GreetingResponse,
)
from agent.token_endpoint.tokens import generate_livekit_token, trainee_identity


def greeting_response(
    settings: EndpointSettings, metadata: JobMetadata, *, client: str | None, rejoins: bool
) -> GreetingResponse:
    """Mint the room token of a session's trainee and return the response with it.

    Args:
        client: the client that sent the request. Only our own page's name reaches the worker.
        rejoins: trainee and agent have met.
    """
    room_name = room_name_of(metadata.session_id)
    token = generate_livekit_token(
        room_name,
        metadata.trainee.name,
        identity=trainee_identity(metadata.session_id),
        ttl=timedelta(seconds=settings.token_ttl_s),
        attributes={ATTRIBUTE_CLIENT: client} if client == CLIENT_AVATAR_GREETING else None,
        api_key=settings.livekit_api_key,
        api_secret=settings.livekit_api_secret.get_secret_value(),
    )
    welcome = welcome_for(metadata)
    return GreetingResponse(
        session_id=metadata.session_id,
        room_name=room_name,
        livekit_url=settings.public_url,
        livekit_token=token,
        server_url=settings.public_url,
        participant_token=token,
        fallback=fallback_of(welcome, metadata),
        introduction=introduction_of(welcome, poster_url=settings.poster_url),
        rejoins=rejoins,
    )


def fallback_for(settings: EndpointSettings, metadata: JobMetadata | None) -> Fallback:
    """Return welcome text and Continue URL; for an unknown trainee the general ones."""
    if metadata is None:
        return _general_fallback(settings.continue_url)
    return fallback_of(welcome_for(metadata), metadata)


@functools.lru_cache(maxsize=4)
def _general_fallback(continue_url: str) -> Fallback:
    """Return the fallback for unknown callers. It is cached, so that a flood of them is cheap."""
    metadata = JobMetadata(continue_url=continue_url)
    return fallback_of(welcome_for(metadata), metadata)


def fallback_of(welcome: Welcome, metadata: JobMetadata) -> Fallback:
    """Return welcome text and Continue URL of a trainee whose script is known."""
    return Fallback(
        welcome_text=welcome.welcome_text,
        continue_url=metadata.continue_url,
        locale=welcome.locale,
    )


def error_response(error: ApiError, fallback: Fallback) -> Response:
    """Return an error as an HTTP response."""
    headers = dict(error.headers)
    if (wait_s := RETRY_AFTER.get(error.kind.status)) is not None:
        headers.setdefault("Retry-After", str(wait_s))
    body = ErrorResponse(
        error=ErrorDetail(code=error.code, message=error.message, retryable=error.kind.retryable),
        fallback=fallback,
    )
    return JSONResponse(body.model_dump(), error.kind.status, headers)
