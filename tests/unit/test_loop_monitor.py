"""Which processes watch their event loop."""

from __future__ import annotations

import asyncio

import pytest
from livekit.agents.telemetry import loop_monitor

from agent.worker.loop_monitor import switch_off_by_default, watch_event_loop
from tests.support.process_logs import logged

_VARIABLE = "LIVEKIT_AGENTS_LOOP_BLOCK_WARN_MS"


async def _threshold_of_a_job() -> float | None:
    loop = asyncio.get_running_loop()
    loop_monitor.start_monitoring(loop, name="job")  # livekit-agents does, in each process
    try:
        watch_event_loop("job")
        monitor = loop_monitor.get_monitor(loop)
        return monitor.warn_threshold if monitor else None
    finally:
        loop_monitor.stop_monitoring(loop)


def test_waiting_process_does_not_watch_its_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(_VARIABLE, raising=False)
    switch_off_by_default()
    assert loop_monitor.LoopMonitorThresholds.from_env() is None


async def test_job_watches_its_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(_VARIABLE, raising=False)
    switch_off_by_default()
    assert await _threshold_of_a_job() == 0.25


@pytest.mark.parametrize(("chosen", "threshold_s"), [("80", 0.08), ("0", None)])
async def test_threshold_of_the_environment_is_used(
    monkeypatch: pytest.MonkeyPatch, chosen: str, threshold_s: float | None
) -> None:
    monkeypatch.setenv(_VARIABLE, chosen)
    switch_off_by_default()
    assert await _threshold_of_a_job() == threshold_s


async def test_each_blocked_loop_has_the_same_message_and_an_event(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(_VARIABLE, "80")
    loop = asyncio.get_running_loop()
    loop_monitor.start_monitoring(loop, name="job")
    try:
        watch_event_loop("job")
        monitor = loop_monitor.get_monitor(loop)
        assert monitor is not None
        for duration_s, importing in ((0.3, None), (1.2, "json")):
            monitor._emit_log(
                loop_monitor.BlockedReport(
                    duration=duration_s,
                    started_at=0,
                    warn_threshold=0.08,
                    severity="warning",
                    gc_time=0,
                    cpu_time=0.01,
                    watchdog_gap=0,
                    process_descheduled=False,
                    task_name=None,
                    stacks=["# here"],
                    importing=importing,
                )
            )
    finally:
        loop_monitor.stop_monitoring(loop)
    assert len(logged(caplog, "event_loop_blocked")) == 2
    assert len(set(caplog.messages)) == 1
    assert caplog.records[0].__dict__["duration"] == 0.3
