"""Error responses: the error body with its fallback (welcome text and Continue URL)."""

from __future__ import annotations

import functools

from starlette.responses import JSONResponse, Response

from agent.core.job_metadata import JobMetadata
from agent.core.settings import EndpointSettings
from agent.scripts import script_for
from agent.token_endpoint.errors import RETRY_AFTER, ApiError
from agent.token_endpoint.http.schemas import ErrorDetail, ErrorResponse, Fallback


def fallback_for(settings: EndpointSettings, metadata: JobMetadata | None) -> Fallback:
    """The welcome and the way on: by name for a trainee we know, general for anybody else."""
    return general_fallback(settings.continue_url) if metadata is None else _fallback(metadata)


@functools.lru_cache(maxsize=4)
def general_fallback(continue_url: str) -> Fallback:
    """What strangers are told, made once: a flood of them must not be dear."""
    return _fallback(JobMetadata(continue_url=continue_url))


def _fallback(metadata: JobMetadata) -> Fallback:
    script = script_for(metadata)
    return Fallback(
        welcome_text=script.welcome_text,
        continue_url=metadata.continue_url,
        locale=script.locale,
    )


def error_response(refused: ApiError, fallback: Fallback) -> Response:
    """An error as HTTP."""
    headers = dict(refused.headers)
    if (wait_s := RETRY_AFTER.get(refused.kind.status)) is not None:
        headers.setdefault("Retry-After", str(wait_s))
    answer = ErrorResponse(
        error=ErrorDetail(
            code=refused.code, message=refused.message, retryable=refused.kind.retryable
        ),
        fallback=fallback,
    )
    return JSONResponse(answer.model_dump(), refused.kind.status, headers)
