"""How often a failed provider is tried again."""

from __future__ import annotations

import pytest

from agent.speech.recovery_probes import RecoveryProbes


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def test_failed_provider_is_tried_after_a_while_and_then_at_intervals(clock: list[float]) -> None:
    probes = RecoveryProbes()
    assert not probes.may_try("first")
    clock[0] += 14
    assert not probes.may_try("first")
    clock[0] += 1
    assert probes.may_try("first")
    assert not probes.may_try("first")
    clock[0] += 15
    assert probes.may_try("first")


def test_providers_are_tried_independently(clock: list[float]) -> None:
    probes = RecoveryProbes()
    assert not probes.may_try("first")
    clock[0] += 15
    assert not probes.may_try("second")
    assert probes.may_try("first")
