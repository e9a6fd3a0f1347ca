"""Request spans for an OpenTelemetry collector, with ids and codes only.

A span is created after its response. It never joins a caller's trace: callers are not trusted, and
could choose which requests are sampled.
"""

from __future__ import annotations

import re
import time
from typing import Final

from opentelemetry.trace import SpanKind, Status, StatusCode
from starlette.types import Scope

from agent.core.settings import EndpointSettings
from agent.telemetry.tracing import build_tracer_provider, flush_traces
from agent.token_endpoint.http.schemas import SESSION_ID

_SERVICE: Final = "training-greeter-endpoint"


class RequestSpans:
    """Records spans if a collector is configured. `aclose` sends the rest."""

    def __init__(self, settings: EndpointSettings) -> None:
        self._provider = build_tracer_provider(settings, _SERVICE)
        self._tracer = self._provider.get_tracer(__name__) if self._provider else None

    def record(self, scope: Scope, *, status: int, took_s: float) -> None:
        """Record a request that was answered.

        Args:
            scope: the ASGI scope after the routes ran, with route and outcome.
            status: 0 if the client had disconnected.
        """
        route = getattr(scope.get("route"), "path", "")
        session_id = str(scope.get("path_params", {}).get("session_id", ""))
        if self._tracer is None or not re.fullmatch(SESSION_ID, session_id):
            return
        now = time.time_ns()
        span = self._tracer.start_span(
            f"{scope['method']} {route}",
            kind=SpanKind.SERVER,
            start_time=now - int(took_s * 1e9),
            attributes={
                "http.request.method": scope["method"],
                "http.route": route,
                "http.response.status_code": status,
                "session_id": session_id,
                "outcome": scope["state"].get("outcome", "none"),
            },
        )
        if status >= 500:
            span.set_status(Status(StatusCode.ERROR))
        span.end(now)

    async def aclose(self) -> None:
        await flush_traces(self._provider)
