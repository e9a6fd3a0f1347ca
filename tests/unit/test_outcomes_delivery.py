"""Outcome delivery between a real store and a real receiver on loopback.

The checks run on SQLite here, and on Redis in tests/integration/test_store_redis.py.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from agent.core.errors import StoreError
from agent.outcomes.delivery import DeliveryTimes, OutcomeDelivery
from agent.store import SqliteStore, Store
from tests.support.outcomes import FAST, outcome
from tests.support.process_logs import logged
from tests.support.store_checks.delivery import DELIVERY_CHECKS, ended
from tests.support.waiting import until
from tests.support.webhook_receiver import SECRET, receiver

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("check", DELIVERY_CHECKS, ids=lambda c: c.__name__)
async def test_outcome_delivery_with_sqlite(store: Store, check: object) -> None:
    await check(store)  # type: ignore[operator]


async def test_outcome_reserved_by_a_killed_process_is_delivered_by_another(tmp_path: Path) -> None:
    await ended(SqliteStore(tmp_path / "s"), "o")
    program = """
import asyncio, os, sys
from pathlib import Path
from agent.outcomes.delivery import OutcomeDelivery
from agent.core.settings import StoreSettings
from agent.store import SqliteStore

delivery = OutcomeDelivery(SqliteStore(Path(sys.argv[1])), StoreSettings.from_env(os.environ))
asyncio.run(delivery.run())
"""
    async with receiver("hang") as platform:
        env = {
            "OUTCOME_WEBHOOK_URL": platform.url,
            "OUTCOME_WEBHOOK_SECRET": SECRET,
        }
        first = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, str(tmp_path / "s"), env=env, cwd=ROOT
        )
        try:
            await platform.has(1)
        finally:
            first.kill()
            await first.wait()
        store = SqliteStore(tmp_path / "s")
        assert await store.due_outcomes(1) == [], "reserved"
        await store.retry_delivery("o", 0, 0)  # the reservation has expired
        async with OutcomeDelivery(store, platform.settings(), FAST):
            await platform.has(2)
        assert [headers["webhook-id"] for headers, _ in platform.requests] == ["outcome_o"] * 2


async def test_failed_delivery_is_logged_with_advice_and_retry_time(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = SqliteStore(tmp_path / "s")
    await ended(store, "o", "7")

    def failures() -> list[dict[str, Any]]:
        return logged(caplog, "outcome_delivery_failed")

    with caplog.at_level(logging.INFO, logger="training_greeter"):
        async with (
            receiver(401, 401) as platform,
            OutcomeDelivery(store, platform.settings(), DeliveryTimes(every_s=0.02)),
        ):
            await platform.has(1)
            await until(lambda: len(failures()) == 1)
            await store.retry_delivery("o", 7, 0)  # the next one is the eighth attempt
            await platform.has(2)
            await until(lambda: len(failures()) == 2)
    first, eighth = failures()
    assert first["error"] == (
        "OUTCOME_WEBHOOK_URL answered 401: check OUTCOME_WEBHOOK_SECRET on the platform"
    )
    assert (first["outcome_id"], first["session_id"]) == ("o", "7")
    assert (first["attempts"], first["status"]) == (1, 401)
    assert 4 <= first["retry_in_s"] <= 6
    assert 2880 <= eighth["retry_in_s"] <= 4320, "hourly in the end"
    assert "whsec" not in caplog.text


class MovableStore:
    """A store whose file can be moved away and back."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = SqliteStore(path)

    def move_away(self) -> None:
        self.path.rename(self.path.with_suffix(".away"))
        self.path.mkdir()

    def move_back(self) -> None:
        self.path.rmdir()
        self.path.with_suffix(".away").rename(self.path)


async def test_delivery_logs_an_unreachable_store_once_and_continues_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    where = MovableStore(tmp_path / "s")
    await ended(where.store, "o")
    running = outcome("running").model_dump_json()
    await where.store.open_outcome("running", "s", running, 60)
    where.move_away()
    with pytest.raises(StoreError):
        await where.store.outcomes("s")

    with caplog.at_level(logging.INFO, logger="training_greeter"):
        async with (
            receiver() as platform,
            OutcomeDelivery(where.store, platform.settings(), FAST),
        ):
            await until(lambda: logged(caplog, "store_unreachable"))
            await asyncio.sleep(0.2)  # many rounds
            where.move_back()
            await platform.has(1)
            await until(lambda: logged(caplog, "store_back"))
            assert [each["levelname"] for each in logged(caplog, "store_back")] == ["INFO"]
            # The greeting continues, but could not renew its lease while the store was away.
            assert await where.store.open_outcome("running", "s", running, -1)
            await asyncio.sleep(0.1)  # several rounds
            assert await where.store.open_outcome("running", "s", running, 60)
    assert len(logged(caplog, "store_unreachable")) == 1


async def test_failed_deletion_is_counted_and_does_not_stop_deliveries(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class CannotDelete(SqliteStore):
        async def forget_older(self, age_s: float) -> int:
            raise StoreError("no")

    def errors() -> float:
        name = "training_greeter_deletion_errors_total"
        return REGISTRY.get_sample_value(name, {"what": "outcomes"}) or 0

    before = errors()
    store = CannotDelete(tmp_path / "s")
    async with receiver() as platform, OutcomeDelivery(store, platform.settings(), FAST):
        await ended(store, "o")
        await platform.has(1)
    assert errors() == before + 1
    assert [vars(r)["event"] for r in caplog.records if r.levelname == "ERROR"] == [
        "outcomes_deletion_failed"
    ]


async def test_clock_jump_does_not_close_running_greetings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SqliteStore(tmp_path / "s")
    running = outcome("running").model_dump_json()
    await store.open_outcome("running", "s", running, 20)
    async with receiver() as platform, OutcomeDelivery(store, platform.settings(), FAST):
        await asyncio.sleep(0.1)
        real_time = time.time
        monkeypatch.setattr("time.time", lambda: real_time() + 60)
        await asyncio.sleep(0.2)  # several rounds
        assert await store.open_outcome("running", "s", running, 20)
