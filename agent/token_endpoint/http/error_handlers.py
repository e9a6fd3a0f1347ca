"""How everything that is raised becomes an answer, with the welcome and the way on in it."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from agent.core.errors import TrainingGreeterError
from agent.core.settings import EndpointSettings
from agent.token_endpoint.errors import ApiError, api_error_for
from agent.token_endpoint.http.error_response import error_response, fallback_for
from agent.token_endpoint.http.request_body import validation_error

logger = logging.getLogger(__name__)


class LogLimiter:
    """Lets some lines a minute into the log, so that strangers cannot fill it; counts the rest."""

    def __init__(self, lines: int = 30, every_s: float = 60.0) -> None:
        self._lines = lines
        self._every_s = every_s
        self._until = 0.0
        self._said = 0
        self._left_out = 0

    def left_out(self) -> int | None:
        """How many lines were left out before this one; None where this one is left out too."""
        now = time.monotonic()
        if now >= self._until:
            self._until, self._said = now + self._every_s, 0
        if self._said >= self._lines:
            self._left_out += 1
            return None
        self._said += 1
        before, self._left_out = self._left_out, 0
        return before


def add_error_handlers(app: FastAPI, settings: EndpointSettings) -> None:
    """Give the app its handlers: what a route raises becomes one shape, and one line in the log."""

    def answer(request: Request, refused: ApiError) -> Response:
        request.state.outcome = refused.code
        return error_response(
            refused, fallback_for(settings, getattr(request.state, "metadata", None))
        )

    limiters: defaultdict[str, LogLimiter] = defaultdict(LogLimiter)
    """By code, so that a flood of one kind hides no other."""

    async def on_ours(request: Request, error: Exception) -> Response:
        refused = api_error_for(cast(TrainingGreeterError, error))
        left_out = limiters[refused.code].left_out() if refused.kind.status < 500 else 0
        if left_out is None:
            return answer(request, refused)
        level = logging.WARNING if refused.kind.status >= 500 else logging.INFO
        logger.log(
            level,
            "a request was refused",
            extra={
                "session_id": request.path_params.get("session_id", ""),
                "code": refused.code,
                "not_logged_before": left_out or "",
                # An answer is for the caller; what LiveKit or the store said is for the operator.
                "error": "" if error is refused else str(error),
            },
        )
        return answer(request, refused)

    async def on_unusable(request: Request, error: Exception) -> Response:
        return answer(request, validation_error(cast(Any, error).errors()))

    async def on_http(request: Request, error: Exception) -> Response:
        http = cast(HTTPException, error)
        code = {404: "not_found", 405: "method_not_allowed"}.get(http.status_code)
        refused = ApiError(code or "invalid_request", str(http.detail), dict(http.headers or {}))
        return answer(request, refused)

    app.add_exception_handler(TrainingGreeterError, on_ours)
    app.add_exception_handler(RequestValidationError, on_unusable)
    app.add_exception_handler(HTTPException, on_http)
