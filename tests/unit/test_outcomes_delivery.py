"""Outcome delivery between a real store and a real receiver on loopback.

The checks run on SQLite here, and on Redis in tests/integration/test_store_redis.py.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from agent.core.errors import StoreError
from agent.core.settings import StoreSettings
from agent.core.types import Answer, Line
from agent.outcomes.delivery import DeliveryTimes, OutcomeDelivery
from agent.outcomes.expired import closed_as_worker_lost
from agent.outcomes.record import Ended, Outcome
from agent.store import SqliteStore, Store
from tests.support.outcomes import FAST, STARTED, outcome
from tests.unit.webhook_receiver import SECRET, receiver

ROOT = Path(__file__).parents[2]


async def ended(store: Store, id_: str, session_id: str = "s") -> None:
    """Add an outcome that is due."""
    record = outcome(id_, session_id)
    await store.open_outcome(id_, session_id, record.model_dump_json(), 60)
    record.ended = Ended(reason="continue", at=STARTED + timedelta(seconds=90))
    assert await store.close_outcome(id_, record.model_dump_json())


async def until(what: Callable[[], Awaitable[Any]], timeout_s: float = 10) -> None:
    async with asyncio.timeout(timeout_s):
        while not await what():
            await asyncio.sleep(0.01)


async def all_done(store: Store) -> bool:
    """Nothing is due or reserved."""
    return not await store.due_outcomes(1, overdue_s=-1000)


async def check_delivery_retries_until_accepted(store: Store) -> None:
    await ended(store, "o")
    async with receiver(500, "hang", "redirect", "drop", 401) as platform:
        async with OutcomeDelivery(store, platform.settings(), FAST):
            await platform.has(6)
            await until(lambda: all_done(store))
            await asyncio.sleep(0.1)  # a seventh attempt would come now
        assert len(platform.requests) == 6
        assert {headers["webhook-id"] for headers, _ in platform.requests} == {"outcome_o"}
        assert len({body for _, body in platform.requests}) == 1
        assert {m["data"]["ended"]["reason"] for m in platform.verified()} == {"continue"}
    assert len(await store.outcomes("s")) == 1, "a delivered outcome is kept"


async def check_several_deliveries_send_each_outcome_once(store: Store) -> None:
    for i in range(25):
        await ended(store, f"o{i}")
    async with receiver() as platform, AsyncExitStack() as stack:
        # A delivery that takes longer than its timeout is rightly sent again.
        times = replace(FAST, timeout_s=10)
        for _ in range(3):
            await stack.enter_async_context(OutcomeDelivery(store, platform.settings(), times))
        await platform.has(25)
        await until(lambda: all_done(store))
        await asyncio.sleep(0.1)  # a second delivery would come now
        assert sorted(platform.ids()) == sorted(f"o{i}" for i in range(25))


async def check_expired_outcome_is_closed_with_what_was_saved(store: Store) -> None:
    met_at, answered_at = STARTED + timedelta(seconds=5), STARTED + timedelta(seconds=40)
    record = outcome(
        "o",
        met_at=met_at,
        opened_at=STARTED + timedelta(seconds=8),
        answers={
            "years": Answer(type="number", status="answered", value=3, at=answered_at),
            "ready": Answer(type="yes_no"),
        },
        transcript=[Line(who="guide", at=met_at, text="Hello")],
        avatar_seconds=31.5,
    )
    await store.open_outcome("o", "s", record.model_dump_json(), -1)
    async with receiver() as platform, AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(OutcomeDelivery(store, platform.settings(), FAST))
        await platform.has(1)
    [message] = platform.verified()
    sent = Outcome.model_validate(message["data"])
    assert sent.ended is not None
    assert sent.ended.reason == "worker_lost"
    assert abs((datetime.now(UTC) - sent.ended.at).total_seconds()) < 30
    assert (sent.duration_s, sent.talk_s, sent.avatar_seconds) == (40, 32, 31.5)
    assert sent.answers == record.answers
    assert sent.transcript == record.transcript
    day = f"{sent.ended.at:%Y-%m-%d}"
    assert await store.avatar_seconds(day) == 0, "the job has already added its seconds"
    assert Outcome.model_validate_json((await store.outcomes("s"))[0]) == sent


async def check_outcome_with_a_renewed_lease_is_not_closed(store: Store) -> None:
    body = outcome("o").model_dump_json()
    await store.open_outcome("o", "s", body, 60)
    async with receiver() as platform, OutcomeDelivery(store, platform.settings(), FAST):
        for _ in range(5):
            await asyncio.sleep(0.03)
            assert await store.save_outcome("o", body, 0.5)
    assert platform.requests == []


async def check_forgotten_outcome_is_not_sent(store: Store) -> None:
    await ended(store, "o")
    await store.open_outcome("running", "s", outcome("running").model_dump_json(), 0.1)
    async with receiver(500, 500, 500) as platform:
        slow = replace(FAST, retry_s=(0.2,))
        async with OutcomeDelivery(store, platform.settings(), slow):
            await platform.has(1)
            assert await store.forget_session("s") == 2
            await asyncio.sleep(0.5)  # the next attempt would come, and the lease expires
        assert platform.ids() == ["o"]
    assert await store.outcomes("s") == []


async def check_outcome_without_webhook_is_done_and_kept(store: Store) -> None:
    await ended(store, "o")
    async with OutcomeDelivery(store, StoreSettings.from_env({}), replace(FAST, no_webhook_s=0)):
        await until(lambda: all_done(store))
    assert len(await store.outcomes("s")) == 1


async def check_process_without_webhook_leaves_the_outcome_to_others(store: Store) -> None:
    await ended(store, "o")
    async with OutcomeDelivery(store, StoreSettings.from_env({}), FAST):
        await asyncio.sleep(0.1)  # several rounds
        async with receiver() as platform, OutcomeDelivery(store, platform.settings(), FAST):
            await platform.has(1)


async def check_outcomes_older_than_retention_are_deleted(store: Store) -> None:
    await ended(store, "o", "old")
    await store.end("old", "continue")
    await asyncio.sleep(0.05)

    async def gone() -> bool:
        return await store.outcomes("old") == [] and await store.phase("old") is None

    short = StoreSettings.from_env({"RETENTION_DAYS": "0.0000005"})  # 43 ms
    async with OutcomeDelivery(store, short, FAST):
        await until(gone)


async def check_last_round_sends_what_is_due(store: Store) -> None:
    times = DeliveryTimes(every_s=3600, timeout_s=20, last_round_s=40)
    async with receiver() as platform:
        async with OutcomeDelivery(store, platform.settings(), times):
            await asyncio.sleep(0.1)  # the first round is over
            for i in range(12):
                await ended(store, f"o{i}")
            assert platform.requests == []
        assert len(platform.requests) == 12


async def check_shutdown_does_not_wait_for_a_hanging_platform(store: Store) -> None:
    await ended(store, "o")
    async with receiver("hang") as platform:
        began = asyncio.get_running_loop().time()
        async with OutcomeDelivery(
            store, platform.settings(), DeliveryTimes(every_s=0.02, last_round_s=0.2)
        ):
            await platform.has(1)
        assert asyncio.get_running_loop().time() - began < 5
    assert not await all_done(store), "it stays in the store"


async def check_unreadable_outcome_does_not_block_others(store: Store) -> None:
    await store.open_outcome("bad", "s", "no JSON", -1)
    await ended(store, "good")
    async with receiver() as platform, OutcomeDelivery(store, platform.settings(), FAST):
        await platform.has(1)
        await until(lambda: all_done(store))
    assert platform.ids() == ["good"]
    assert (await store.outcomes("s"))[0] == "no JSON"


DELIVERY_CHECKS = [
    check_delivery_retries_until_accepted,
    check_several_deliveries_send_each_outcome_once,
    check_expired_outcome_is_closed_with_what_was_saved,
    check_outcome_with_a_renewed_lease_is_not_closed,
    check_forgotten_outcome_is_not_sent,
    check_outcome_without_webhook_is_done_and_kept,
    check_process_without_webhook_leaves_the_outcome_to_others,
    check_outcomes_older_than_retention_are_deleted,
    check_last_round_sends_what_is_due,
    check_shutdown_does_not_wait_for_a_hanging_platform,
    check_unreadable_outcome_does_not_block_others,
]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = SqliteStore(tmp_path / "store")
    yield opened
    await opened.aclose()


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

    def failures() -> list[logging.LogRecord]:
        return [r for r in caplog.records if vars(r)["event"] == "outcome_delivery_failed"]

    async def logged(count: int) -> bool:
        return len(failures()) == count

    with caplog.at_level(logging.INFO, logger="training_greeter"):
        async with (
            receiver(401, 401) as platform,
            OutcomeDelivery(store, platform.settings(), DeliveryTimes(every_s=0.02)),
        ):
            await platform.has(1)
            await until(lambda: logged(1))
            await store.retry_delivery("o", 7, 0)  # the next one is the eighth attempt
            await platform.has(2)
            await until(lambda: logged(2))
    first, eighth = (vars(record) for record in failures())
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

    def events() -> list[str]:
        return [vars(record)["event"] for record in caplog.records]

    async def logged(event: str) -> bool:
        return event in events()

    with caplog.at_level(logging.INFO, logger="training_greeter"):
        async with (
            receiver() as platform,
            OutcomeDelivery(where.store, platform.settings(), FAST),
        ):
            await until(lambda: logged("store_unreachable"))
            await asyncio.sleep(0.2)  # many rounds
            where.move_back()
            await platform.has(1)
            await until(lambda: logged("store_back"))
            # The greeting continues, but could not renew its lease while the store was away.
            assert await where.store.save_outcome("running", running, -1)
            await asyncio.sleep(0.1)  # several rounds
            assert await where.store.save_outcome("running", running, 60)
    assert events().count("store_unreachable") == 1


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
        assert await store.save_outcome("running", running, 20)


def test_closed_as_worker_lost_without_times_has_no_duration() -> None:
    body = outcome("o").model_dump_json()
    closed = json.loads(closed_as_worker_lost(body, STARTED + timedelta(hours=1)).model_dump_json())
    assert closed["ended"] == {
        "reason": "worker_lost",
        "at": "2026-01-02T04:04:05Z",
        "closing_said": False,
    }
    assert (closed["duration_s"], closed["talk_s"]) == (0, 0)


def test_closed_as_worker_lost_keeps_a_saved_duration() -> None:
    body = outcome("o", opened_at=STARTED, duration_s=70.5, talk_s=60).model_dump_json()
    closed = json.loads(closed_as_worker_lost(body, STARTED + timedelta(hours=1)).model_dump_json())
    assert (closed["duration_s"], closed["talk_s"]) == (70.5, 60)
