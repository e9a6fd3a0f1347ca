"""Exception handlers that return the standard error body with `fallback`."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from agent.core.errors import TrainingGreeterError
from agent.core.log import logger
from agent.core.settings import EndpointSettings
from agent.token_endpoint.errors import ApiError, api_error_for
from agent.token_endpoint.http.request_body import validation_error
from agent.token_endpoint.http.responses import error_response, fallback_for

_LOG_LINES = 30
_LOG_INTERVAL_S = 60.0
_EXPLAINED = {"unauthorized", "forbidden", "rate_limited"}
"""Codes whose text is logged: it says what the operator must correct. Other texts may repeat what
the caller sent."""
_OF_A_GREETING = {"session_ended", "feedback_not_kept"}
"""Codes of ordinary requests: with OUTCOME_DETAIL=aggregate, the log has no line about them."""


class LogLimiter:
    """Limits the log lines per interval, so that unknown callers cannot fill the log."""

    def __init__(self) -> None:
        self._ends_at = 0.0
        self._logged = 0
        self._dropped = 0

    def take(self) -> int | None:
        """Take one line.

        Returns:
            How many lines were dropped before this one; None if this one is dropped too.
        """
        now = time.monotonic()
        if now >= self._ends_at:
            self._ends_at, self._logged = now + _LOG_INTERVAL_S, 0
        if self._logged >= _LOG_LINES:
            self._dropped += 1
            return None
        self._logged += 1
        before, self._dropped = self._dropped, 0
        return before


def add_error_handlers(app: FastAPI, settings: EndpointSettings) -> None:
    """Add the handlers to the app. Each error of our own is logged."""

    def respond(request: Request, error: ApiError) -> Response:
        request.state.outcome = error.code
        metadata = getattr(request.state, "metadata", None)
        return error_response(error, fallback_for(settings, metadata))

    limiters: defaultdict[str, LogLimiter] = defaultdict(LogLimiter)
    """By code, so that a flood of one kind hides no other."""

    async def on_our_error(request: Request, error: Exception) -> Response:
        api_error = api_error_for(cast(TrainingGreeterError, error))
        server_error = api_error.kind.status >= 500
        dropped = 0 if server_error else limiters[api_error.code].take()
        if dropped is None:
            return respond(request, api_error)
        # The log filter drops lines with a session id if OUTCOME_DETAIL=aggregate.
        hidden = settings.only_counts and api_error.code not in _OF_A_GREETING
        session_id = {} if hidden else {"session_id": request.path_params.get("session_id", "")}
        logger.log(
            logging.WARNING if server_error else logging.INFO,
            "a request was rejected",
            extra={
                "event": "request_rejected",
                **session_id,
                "code": api_error.code,
                "dropped_lines": dropped or None,
                # The caller does not see what LiveKit or the store answered; the operator does.
                "error": str(error)
                if error is not api_error or api_error.code in _EXPLAINED
                else None,
            },
        )
        return respond(request, api_error)

    async def on_invalid_request(request: Request, error: Exception) -> Response:
        return respond(request, validation_error(cast(Any, error).errors()))

    async def on_http_error(request: Request, error: Exception) -> Response:
        http = cast(HTTPException, error)
        code = {404: "not_found", 405: "method_not_allowed"}.get(http.status_code)
        headers = dict(http.headers or {})
        return respond(request, ApiError(code or "invalid_request", str(http.detail), headers))

    app.add_exception_handler(TrainingGreeterError, on_our_error)
    app.add_exception_handler(RequestValidationError, on_invalid_request)
    app.add_exception_handler(HTTPException, on_http_error)
