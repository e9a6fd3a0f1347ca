"""Traces, for an OpenTelemetry collector. Of a job: livekit-agents' own spans, and nothing else.

Without OTEL_EXPORTER_OTLP_ENDPOINT nothing is made or sent. What was said, names and prompts leave
this machine in no span: LIVEKIT_TELEMETRY_ALLOW_PII is 0 (`agent/__main__.py`), and livekit-agents
then drops them before any exporter. The endpoint's spans are `token_endpoint/http/spans.py`'s.
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
_SEND_S: Final = 2.0
"""For one batch with all its repetitions; OpenTelemetry's own 10 s would be an exit's, too."""
_TIMEOUTS: Final = frozenset({"OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT"})
"""Who sets one of these knows better."""
_FLUSH_S: Final = 2.0
"""The process ends soon after; a collector that is slow costs spans, not time."""


def tracing_of(settings: LogSettings, service: str = _SERVICE) -> TracerProvider | None:
    """What sends this process's spans; None where no collector is set.

    Args:
        service: what it is called there, unless OTEL_SERVICE_NAME says so.

    Everything else is read from the environment by OpenTelemetry itself (OTEL_SERVICE_NAME,
    OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER …). It speaks OTLP over HTTP.
    """
    if not settings.otel_exporter_otlp_endpoint:
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = Resource({SERVICE_NAME: service}).merge(OTELResourceDetector().detect())
    # Flushed by us, and for a moment only: its own farewell, at exit, waits for who is not there.
    provider = TracerProvider(resource=named, shutdown_on_exit=False)
    told = _TIMEOUTS & os.environ.keys()
    exporter = OTLPSpanExporter(timeout=None if told else _SEND_S)
    provider.add_span_processor(BatchSpanProcessor(exporter))
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
