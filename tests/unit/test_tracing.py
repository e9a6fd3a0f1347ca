"""Without a collector nothing is traced."""

from __future__ import annotations

import pytest

from agent.errors import ConfigError
from agent.settings import WorkerSettings
from agent.telemetry.tracing import flush_traces, trace_job, tracing_of
from tests.unit.test_settings import WORKER


async def test_without_a_collector_there_is_nothing_to_trace_with() -> None:
    provider = tracing_of(WorkerSettings.from_env(WORKER))
    assert provider is None
    trace_job(provider, {"session_id": "7"})
    await flush_traces(provider)


def test_a_collector_is_an_address() -> None:
    with pytest.raises(ConfigError, match=r"OTEL_EXPORTER_OTLP_ENDPOINT: must be an http"):
        WorkerSettings.from_env({**WORKER, "OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4317"})
