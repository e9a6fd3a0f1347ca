"""Send traces to an OpenTelemetry collector, if OTEL_EXPORTER_OTLP_ENDPOINT is set.

A job sends only the spans of livekit-agents. They contain no words of the conversation, names or
prompts: LIVEKIT_TELEMETRY_ALLOW_PII is 0 (`agent/__main__.py`), so livekit-agents removes them
before export. `agent.token_endpoint.http.spans` makes the spans of the token endpoint.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from agent.core.log import logger
from agent.core.settings import LogSettings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_SERVICE: Final = "training-greeter"
_EXPORT_TIMEOUT_S: Final = 2.0
"""For one batch with its retries. The default of 10 s would delay the exit of the process."""
_TIMEOUT_VARIABLES: Final = frozenset(
    {"OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT"}
)
"""If one of these is set, it replaces _EXPORT_TIMEOUT_S."""
_FLUSH_TIMEOUT_S: Final = 2.0
"""A slow collector loses spans; it must not delay the exit of the process."""


def build_tracer_provider(settings: LogSettings, service: str = _SERVICE) -> TracerProvider | None:
    """Return the provider that exports spans over OTLP/HTTP; None if no collector is set.

    OpenTelemetry reads its other settings from the environment: OTEL_SERVICE_NAME,
    OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER and so on.

    Args:
        service: the name of the service, if OTEL_SERVICE_NAME is not set.
    """
    if not settings.otel_exporter_otlp_endpoint:
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = Resource({SERVICE_NAME: service}).merge(OTELResourceDetector().detect())
    # Its own flush at exit would wait for a collector that is down; flush_traces does not.
    provider = TracerProvider(resource=named, shutdown_on_exit=False)
    timeout_is_set = bool(_TIMEOUT_VARIABLES & os.environ.keys())
    exporter = OTLPSpanExporter(timeout=None if timeout_is_set else _EXPORT_TIMEOUT_S)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def export_job_spans(provider: TracerProvider | None, ids: Mapping[str, str]) -> None:
    """Export the spans that livekit-agents makes from now on, each with these ids."""
    if provider is None:
        return
    from livekit.agents.telemetry import set_tracer_provider

    set_tracer_provider(provider, metadata=dict(ids), allow_pii=False)


async def flush_traces(provider: TracerProvider | None) -> None:
    """Export the remaining spans; give up after _FLUSH_TIMEOUT_S."""
    if provider is None:
        return
    try:
        async with asyncio.timeout(_FLUSH_TIMEOUT_S):
            await asyncio.to_thread(provider.force_flush, int(_FLUSH_TIMEOUT_S * 1000))
    except TimeoutError:
        logger.warning(
            "not all spans were exported; check the collector at OTEL_EXPORTER_OTLP_ENDPOINT",
            extra={"event": "trace_export_incomplete", "limit_s": _FLUSH_TIMEOUT_S},
        )
