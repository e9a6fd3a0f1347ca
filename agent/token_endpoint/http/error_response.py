"""Error responses: the error body with its fallback (welcome text and Continue URL)."""

from __future__ import annotations

import functools

from starlette.responses import JSONResponse, Response

from agent.core.job_metadata import JobMetadata
from agent.core.settings import EndpointSettings
from agent.scripts import Welcome, welcome_for
from agent.token_endpoint.errors import RETRY_AFTER, ApiError
from agent.token_endpoint.http.schemas import ErrorDetail, ErrorResponse, Fallback


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
