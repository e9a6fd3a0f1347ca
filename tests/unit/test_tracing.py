"""Traces are sent only if a collector is set, and contain only ids and codes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from agent.core.errors import ConfigError
from agent.core.settings import WorkerSettings
from agent.telemetry.tracing import build_tracer_provider, export_job_spans, flush_traces
from tests.support.collector import collector
from tests.support.endpoint_app import endpoint
from tests.support.endpoint_requests import browser, path_of
from tests.support.environments import WORKER


async def test_build_tracer_provider_returns_none_without_a_collector() -> None:
    provider = build_tracer_provider(WorkerSettings.from_env(WORKER))
    assert provider is None
    export_job_spans(provider, {"session_id": "7"})
    await flush_traces(provider)


def test_collector_setting_must_be_a_url() -> None:
    with pytest.raises(ConfigError, match=r"OTEL_EXPORTER_OTLP_ENDPOINT: must be a URL"):
        WorkerSettings.from_env({**WORKER, "OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4317"})


async def test_token_endpoint_spans_contain_ids_and_no_personal_data(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with collector() as kept:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", kept.url)
        async with endpoint(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=kept.url) as http:
            told = browser("traced-1", trainee={"name": "Quillfeather"})
            await http.post(path_of("traced-1"), headers=told)
            await http.post(path_of("traced-1", end=True))
            await http.post(path_of("no%20session"))
            await http.get("/healthz")
    route = "POST /api/users/sessions/{session_id}/avatar-greeting/"
    assert kept.names == {route, f"{route}end/"}
    assert kept.session_ids() == {"traced-1"}
    sent = " ".join(str(request) for request in kept.requests)
    for word in ("training-greeter-endpoint", "livekit_unavailable", "unauthorized"):
        assert word in sent
    for never in ("Quillfeather", "eyJ", 't-1"'):
        assert never not in sent


async def test_unreachable_collector_does_not_delay_shutdown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = "http://127.0.0.1:1"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
    async with endpoint(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=url) as http:
        assert (await http.post(path_of("7"), headers=browser("7"))).status_code == 503
        begun = time.monotonic()
    assert time.monotonic() - begun < 10
