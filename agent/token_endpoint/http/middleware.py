"""ASGI middleware: unexpected errors, response headers, request metrics, CORS."""

from __future__ import annotations

import time
import traceback

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.core.log import logger
from agent.core.settings import EndpointSettings
from agent.token_endpoint.errors import ApiError
from agent.token_endpoint.http.responses import error_response, fallback_for
from agent.token_endpoint.http.spans import RequestSpans
from agent.token_endpoint.metrics import REQUEST_TIME, REQUESTS


class EdgeMiddleware:
    """Turns unexpected errors into a 500, forbids caching by default, and counts requests.

    If the body was not read completely, it closes the connection after the response.
    """

    def __init__(self, app: ASGIApp, *, settings: EndpointSettings, spans: RequestSpans) -> None:
        self._app = app
        self._settings = settings
        self._spans = spans

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0  # until a response has begun
        began_at = time.monotonic()
        scope.setdefault("state", {})
        headers = Headers(scope=scope)
        unread = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"

        async def receive_until_end() -> Message:
            nonlocal unread
            message = await receive()
            if not message.get("more_body", False):
                unread = False
            return message

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                headers["X-Content-Type-Options"] = "nosniff"
                if unread:
                    # Without this, uvicorn reads the rest of the body, however long it is.
                    headers["Connection"] = "close"
            await send(message)

        try:
            await self._app(scope, receive_until_end, send_with_headers)
        except ClientDisconnect:
            return
        except Exception as e:  # noqa: BLE001 - the process edge: one request fails, not the process
            # The text is left out: a vendor's error may repeat a token.
            where = traceback.format_tb(e.__traceback__)[-1].strip().partition("\n")[0]
            logger.error(
                "a request failed with an unexpected error; please report it",
                extra={"event": "unexpected_error", "error": type(e).__name__, "where": where},
            )
            if not status:
                error = ApiError("internal_error", "an error in the endpoint; it is logged")
                response = error_response(error, fallback_for(self._settings, None))
                await response(scope, receive, send_with_headers)
            scope["state"]["outcome"] = "internal_error"
        finally:
            took_s = time.monotonic() - began_at
            _count(scope, took_s)
            self._spans.record(scope, status=status, took_s=took_s)


def _count(scope: Scope, took_s: float) -> None:
    """Count a request. Requests for other paths (probes, docs) have no outcome."""
    path = getattr(scope.get("route"), "path", "").rstrip("/")
    last = path.rpartition("/")[2]
    if last in ("end", "feedback"):
        route = last
    else:
        route = "start" if "{session_id}" in path else "other"
    REQUESTS.labels(route, scope["state"].get("outcome", "none")).inc()
    REQUEST_TIME.labels(route).observe(took_s)


class CorsMiddleware(CORSMiddleware):
    """Starlette's CORS middleware, with our error body for a rejected preflight.

    Args:
        settings: the allowed origins, and what the fallback in the error body needs.
    """

    def __init__(self, app: ASGIApp, *, settings: EndpointSettings) -> None:
        super().__init__(
            app,
            allow_origins=settings.cors_allowed_origins,
            allow_methods=["POST"],
            # A page with OpenTelemetry may add the last two to its requests; they are not used.
            allow_headers=[
                "Authorization",
                "Content-Type",
                "X-API-Key",
                "traceparent",
                "tracestate",
            ],
            expose_headers=["Retry-After"],
            max_age=600,
        )
        self._settings = settings

    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code >= 400:
            known = self.is_allowed_origin(request_headers.get("origin", ""))
            what = "method or a header" if known else "origin"
            error = ApiError("forbidden", f"this {what} is not allowed")
            response = error_response(error, fallback_for(self._settings, None))
            response.headers["Vary"] = "Origin"
        response.headers["Cache-Control"] = "no-store"
        return response
