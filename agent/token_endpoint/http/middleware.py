"""ASGI middleware: unexpected errors, response headers, request metrics, CORS."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.core.settings import EndpointSettings
from agent.token_endpoint.errors import ApiError
from agent.token_endpoint.http.error_response import error_response, fallback_for, general_fallback
from agent.token_endpoint.http.spans import RequestSpans
from agent.token_endpoint.metrics import REQUEST_TIME, REQUESTS

logger = logging.getLogger(__name__)


class EdgeMiddleware:
    """Catches what nobody expected, forbids caches to keep an answer, hangs up on unread bodies."""

    def __init__(self, app: ASGIApp, *, settings: EndpointSettings, spans: RequestSpans) -> None:
        self._app = app
        self._settings = settings
        self._spans = spans

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0  # until an answer has begun
        asked_at = time.monotonic()
        scope.setdefault("state", {})
        sent = Headers(scope=scope)
        unread = "transfer-encoding" in sent or sent.get("content-length", "0") != "0"

        async def receive_noting_the_end() -> Message:
            nonlocal unread
            message = await receive()
            if not message.get("more_body", False):
                unread = False
            return message

        async def send_uncached(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["Cache-Control"] = "no-store"
                headers["X-Content-Type-Options"] = "nosniff"
                if unread:
                    headers["Connection"] = "close"  # else uvicorn reads on, however much comes
            await send(message)

        try:
            await self._app(scope, receive_noting_the_end, send_uncached)
        except ClientDisconnect:
            return  # nobody is left to answer
        except Exception as e:  # noqa: BLE001 - the process edge: one request fails, not the process
            # Its text is left out: a vendor's error may repeat a token.
            where = traceback.format_tb(e.__traceback__)[-1].strip().partition("\n")[0]
            logger.error("unexpected failure", extra={"error": type(e).__name__, "where": where})
            if not status:
                refused = ApiError("internal_error", "something went wrong on our side")
                answer = error_response(refused, fallback_for(self._settings, None))
                await answer(scope, receive, send_uncached)
            scope["state"]["outcome"] = "internal_error"
        finally:
            took_s = time.monotonic() - asked_at
            _count(scope, took_s)
            self._spans.answered(scope, status=status, took_s=took_s)


def _count(scope: Scope, took_s: float) -> None:
    """One request more; what is asked beside the greetings (probes, docs) has no outcome."""
    path = getattr(scope.get("route"), "path", "").rstrip("/")
    route = "end" if path.endswith("/end") else "start" if "{session_id}" in path else "other"
    REQUESTS.labels(route, scope["state"].get("outcome", "none")).inc()
    REQUEST_TIME.labels(route).observe(took_s)


class CorsMiddleware(CORSMiddleware):
    """Starlette's, with our shape for the preflight it refuses.

    Args:
        origins: of the pages that may ask.
        continue_url: the way on for whoever is refused.
    """

    def __init__(self, app: ASGIApp, *, origins: Sequence[str], continue_url: str) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=["POST"],
            allow_headers=["Authorization", "Content-Type", "X-API-Key"],
            expose_headers=["Retry-After"],
            max_age=600,
        )
        self._continue_url = continue_url

    def preflight_response(self, request_headers: Headers) -> Response:
        answer = super().preflight_response(request_headers)
        answer.headers["Cache-Control"] = "no-store"
        if answer.status_code < 400:
            return answer
        what = "origin, or its method or headers," if self._knows(request_headers) else "origin"
        refused = error_response(
            ApiError("forbidden", f"this {what} is not allowed"),
            general_fallback(self._continue_url),
        )
        refused.headers["Cache-Control"] = "no-store"
        refused.headers["Vary"] = "Origin"
        return refused

    def _knows(self, request_headers: Headers) -> bool:
        return self.is_allowed_origin(request_headers.get("origin", ""))
