"""Readiness: the store and LiveKit have answered recently."""

from __future__ import annotations

import asyncio
import math
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from agent.billing.budget import utc_day
from agent.core.settings import EndpointSettings
from agent.store import SqliteStore, Store
from agent.token_endpoint import readiness
from agent.token_endpoint.livekit_rooms import LiveKitRooms
from agent.token_endpoint.readiness import ReadinessCheck
from tests.support.clock import Clock
from tests.support.environments import ENDPOINT
from tests.support.process_logs import logged
from tests.support.waiting import until


@pytest.fixture(autouse=True)
def checked_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "CHECK_EVERY_S", 0.02)


@pytest.fixture
async def rooms() -> AsyncIterator[LiveKitRooms]:
    made = LiveKitRooms(EndpointSettings.from_env(ENDPOINT))
    yield made
    await made.aclose()


def shown(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"training_greeter_endpoint_{name}", labels)


async def test_ready_ends_when_livekit_has_not_answered_for_a_while(
    rooms: LiveKitRooms, store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "READY_FOR_S", 60)
    check = ReadinessCheck(rooms, store, EndpointSettings.from_env(ENDPOINT))
    assert not check.store_answers
    assert not check.livekit_answers
    async with check:
        await until(lambda: check.store_answers, 30, "the store did not answer")
        assert not check.livekit_answers
        rooms.answered_at = asyncio.get_running_loop().time()
        assert check.livekit_answers
        await clock.advance(30)
        assert check.livekit_answers, "one or two failed checks"
        await clock.advance(60)
        await until(lambda: not check.livekit_answers, 30, "still ready")
        await until(lambda: check.store_answers, 30, "the store did not answer again")
        await until(lambda: shown("reachable", what="store") == 1, 30, "not shown")
        await until(lambda: shown("reachable", what="livekit") == 0, 30, "shown as reachable")


async def test_readiness_warns_if_the_store_has_lost_its_data(
    rooms: LiveKitRooms, tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    class ReadStore(SqliteStore):
        reads = 0

        async def counts(self) -> dict[str, float]:
            self.reads += 1
            return await super().counts()

    store = ReadStore(tmp_path / "store")
    await store.add_counts({"greetings|avatar|continue": 3})
    async with ReadinessCheck(rooms, store, EndpointSettings.from_env(ENDPOINT)) as check:
        await until(lambda: store.reads == 1, 30, "not read")
        with sqlite3.connect(tmp_path / "store") as lost:
            lost.execute("DELETE FROM tally")
        await store.add_counts({"greetings|avatar|continue": 1})
        await clock.advance(20)
        await until(lambda: logged(caplog, "store_data_lost"), 30, "no line")
        await clock.advance(20)
        await until(lambda: store.reads == 3, 30, "not read again")
        await until(lambda: check.store_answers, 30, "no answer")
        assert len(logged(caplog, "store_data_lost")) == 1, "it is said once"
    await store.aclose()


@pytest.mark.parametrize(("minutes", "left_s"), [(None, math.inf), ("2", 30), ("1", 0)])
async def test_readiness_updates_the_gauges(
    rooms: LiveKitRooms, store: Store, minutes: str | None, left_s: float
) -> None:
    await store.add_avatar_seconds(utc_day(), 90)
    await store.open_outcome("o", "s", "{}", 60)
    await store.close_outcome("o", "{}")
    settings = EndpointSettings.from_env({**ENDPOINT, "AVATAR_MINUTES_PER_DAY": minutes or ""})
    async with ReadinessCheck(rooms, store, settings):
        names = ("outcomes_pending", "avatar_seconds_today", "avatar_budget_left_seconds")
        expected = [1, 90, left_s]
        await until(lambda: [shown(n) for n in names] == expected, 30, "the gauges do not change")
    assert shown("avatar_budget_seconds") == float(minutes or math.inf) * 60
    assert 0 < (shown("store_used_bytes") or 0) < (shown("store_limit_bytes") or 0)
