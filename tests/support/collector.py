"""An OpenTelemetry collector that receives spans over OTLP/HTTP."""

from __future__ import annotations

import contextlib
import gzip
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from agent.demo.providers.wire import serving


@dataclass
class Collector:
    """The received spans."""

    url: str = ""
    requests: list[ExportTraceServiceRequest] = field(default_factory=list)

    @property
    def names(self) -> set[str]:
        return {span.name for span in self._spans()}

    def session_ids(self) -> set[str]:
        """Return the `session_id` of all spans; "" for a span without one."""
        return {
            next((a.value.string_value for a in span.attributes if a.key == "session_id"), "")
            for span in self._spans()
        }

    def _spans(self):  # type: ignore[no-untyped-def]
        for request in self.requests:
            for resource in request.resource_spans:
                for scope in resource.scope_spans:
                    yield from scope.spans


@contextlib.asynccontextmanager
async def collector() -> AsyncIterator[Collector]:
    """Run a collector on loopback until the block ends."""
    kept = Collector()

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        if request.headers.get("Content-Encoding") == "gzip" and body[:2] == b"\x1f\x8b":
            body = gzip.decompress(body)
        kept.requests.append(ExportTraceServiceRequest.FromString(body))
        return web.Response()

    app = web.Application()
    app.add_routes([web.post("/v1/traces", take)])
    async with serving(app) as kept.url:
        yield kept
