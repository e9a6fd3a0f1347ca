"""Traces of a job, for an OpenTelemetry collector: livekit-agents' own spans, and nothing else.

Without OTEL_EXPORTER_OTLP_ENDPOINT nothing is imported, made or sent. What was said, names and
prompts leave this machine in no span: LIVEKIT_TELEMETRY_ALLOW_PII is 0 (`agent/__main__.py`), and
livekit-agents then drops them before any exporter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from agent.log import logger
from agent.settings import WorkerSettings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_SERVICE: Final = "training-greeter"
_FLUSH_S: Final = 2.0
"""The job's process ends soon after; a collector that is slow costs spans, not time."""


def tracing_of(settings: WorkerSettings) -> TracerProvider | None:
    """What sends this process's spans; None where no collector is set.

    Everything else is read from the environment by OpenTelemetry itself (OTEL_SERVICE_NAME,
    OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER …). It speaks OTLP over HTTP.
    """
    if not settings.otel_exporter_otlp_endpoint:
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = Resource({SERVICE_NAME: _SERVICE}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=named)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def trace_job(provider: TracerProvider | None, about: Mapping[str, str]) -> None:
    """Have livekit-agents' spans sent from now on, each with these attributes: ids alone."""
    if provider is None:
        return
    from livekit.agents.telemetry import set_tracer_provider

    set_tracer_provider(provider, metadata=dict(about), allow_pii=False)


async def flush_traces(provider: TracerProvider | None) -> None:
    """Send what is left, for a moment at most."""
    if provider is None:
        return
    try:
        async with asyncio.timeout(_FLUSH_S):
            await asyncio.to_thread(provider.force_flush, int(_FLUSH_S * 1000))
    except TimeoutError:
        logger.warning("the collector at OTEL_EXPORTER_OTLP_ENDPOINT did not take all spans")
