"""The courier, between a real store and a real receiver on loopback.

Its checks run on SQLite here and on Redis in tests/integration/test_store_redis.py.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.core.errors import StoreError
from agent.core.settings import StoreSettings
from agent.core.types import Answer, Line
from agent.outcomes.delivery import OutcomeDelivery
from agent.outcomes.expired import closed_as_lost
from agent.outcomes.record import Ended, Outcome
from agent.store import SqliteStore, Store
from tests.unit.webhook_receiver import SECRET, receiver

FAST: dict[str, Any] = {"every_s": 0.02, "retry_s": (0.02, 0.03), "total_s": 0.3}
ROOT = Path(__file__).parents[2]
BEGAN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def outcome(id_: str, session_id: str = "s", **more: Any) -> Outcome:
    return Outcome(
        id=id_,
        session_id=session_id,
        script="forklift",
        script_version=1,
        locale="en",
        started_at=BEGAN,
        **more,
    )


async def ended(store: Store, id_: str, session_id: str = "s") -> None:
    """Have one that is due."""
    record = outcome(id_, session_id)
    await store.open_outcome(id_, session_id, record.model_dump_json(), 60)
    record.ended = Ended(reason="continue", at=BEGAN + timedelta(seconds=90))
    assert await store.close_outcome(id_, record.model_dump_json())


async def until(what: Callable[[], Awaitable[Any]], timeout_s: float = 10) -> None:
    async with asyncio.timeout(timeout_s):
        while not await what():
            await asyncio.sleep(0.01)


async def all_settled(store: Store) -> bool:
    """Neither due nor held."""
    return not await store.due_outcomes(1, overdue_s=-1000)


async def check_it_is_sent_until_it_is_taken(store: Store) -> None:
    await ended(store, "o")
    async with receiver(500, "hang", "redirect", "drop", 401) as platform:
        async with OutcomeDelivery(store, platform.settings(), **FAST):
            await platform.has(6)
            await until(lambda: all_settled(store))
            await asyncio.sleep(0.1)  # time for a seventh, which must not come
        assert len(platform.requests) == 6
        assert {headers["webhook-id"] for headers, _ in platform.requests} == {"outcome_o"}
        assert len({body for _, body in platform.requests}) == 1
        assert {m["data"]["ended"]["reason"] for m in platform.verified()} == {"continue"}
    assert len(await store.outcomes("s")) == 1, "what was delivered is kept"


async def check_two_couriers_deliver_each_once(store: Store) -> None:
    for i in range(25):
        await ended(store, f"o{i}")
    async with receiver() as platform, AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(OutcomeDelivery(store, platform.settings(), **FAST))
        await platform.has(25)
        await until(lambda: all_settled(store))
        await asyncio.sleep(0.1)  # time for a double, which must not come
        assert sorted(platform.ids()) == sorted(f"o{i}" for i in range(25))


async def check_a_lost_record_is_closed_with_what_was_saved(store: Store) -> None:
    met_at, answered_at = BEGAN + timedelta(seconds=5), BEGAN + timedelta(seconds=40)
    record = outcome(
        "o",
        met_at=met_at,
        opened_at=BEGAN + timedelta(seconds=8),
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
            await stack.enter_async_context(OutcomeDelivery(store, platform.settings(), **FAST))
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
    assert await store.avatar_seconds(day) == 0, "its job has booked what it saved"
    assert Outcome.model_validate_json((await store.outcomes("s"))[0]) == sent


async def check_a_renewed_lease_is_left_alone(store: Store) -> None:
    body = outcome("o").model_dump_json()
    await store.open_outcome("o", "s", body, 60)
    async with receiver() as platform, OutcomeDelivery(store, platform.settings(), **FAST):
        for _ in range(5):
            await asyncio.sleep(0.03)
            assert await store.save_outcome("o", body, 0.5)
    assert platform.requests == []


async def check_nothing_is_sent_after_forget(store: Store) -> None:
    await ended(store, "o")
    await store.open_outcome("running", "s", outcome("running").model_dump_json(), 0.1)
    async with receiver(500, 500, 500) as platform:
        slow = {**FAST, "retry_s": (0.2,)}
        async with OutcomeDelivery(store, platform.settings(), **slow):
            await platform.has(1)
            assert await store.forget_session("s") == 2
            await asyncio.sleep(0.5)  # time for the next attempt, and for the lease to run out
        assert platform.ids() == ["o"]
    assert await store.outcomes("s") == []


async def check_without_a_webhook_it_is_settled_and_kept(store: Store) -> None:
    await ended(store, "o")
    async with OutcomeDelivery(store, StoreSettings.from_env({}), **FAST, nobody_s=0):
        await until(lambda: all_settled(store))
    assert len(await store.outcomes("s")) == 1


async def check_a_courier_without_a_webhook_leaves_it_to_one_that_has(store: Store) -> None:
    await ended(store, "o")
    async with OutcomeDelivery(store, StoreSettings.from_env({}), **FAST):
        await asyncio.sleep(0.1)  # rounds in which it must not be settled
        async with receiver() as platform, OutcomeDelivery(store, platform.settings(), **FAST):
            await platform.has(1)


async def check_what_is_older_than_retention_is_deleted(store: Store) -> None:
    await ended(store, "o", "old")
    await store.end("old", "continue")
    await asyncio.sleep(0.05)  # what is tested is that time passes

    async def gone() -> bool:
        return await store.outcomes("old") == [] and await store.phase("old") is None

    short = StoreSettings.from_env({"RETENTION_DAYS": "0.0000005"})  # 43 ms
    async with OutcomeDelivery(store, short, **FAST):
        await until(gone)


async def check_the_last_second_is_sent_at_the_end(store: Store) -> None:
    async with receiver() as platform:
        async with OutcomeDelivery(store, platform.settings(), **{**FAST, "every_s": 3600}):
            await asyncio.sleep(0.1)  # its first round is over
            for i in range(12):
                await ended(store, f"o{i}")
            assert platform.requests == []
        assert len(platform.requests) == 12


async def check_a_hanging_platform_does_not_keep_it_from_stopping(store: Store) -> None:
    await ended(store, "o")
    async with receiver("hang") as platform:
        began = asyncio.get_running_loop().time()
        async with OutcomeDelivery(store, platform.settings(), every_s=0.02, last_s=0.2):
            await platform.has(1)
        assert asyncio.get_running_loop().time() - began < 5
    assert not await all_settled(store), "it waits for the next process"


async def check_what_cannot_be_read_holds_nobody_up(store: Store) -> None:
    await store.open_outcome("bad", "s", "no JSON", -1)
    await ended(store, "good")
    async with receiver() as platform, OutcomeDelivery(store, platform.settings(), **FAST):
        await platform.has(1)
        await until(lambda: all_settled(store))
    assert platform.ids() == ["good"]
    assert (await store.outcomes("s"))[0] == "no JSON"


DELIVERY_CHECKS = [
    check_it_is_sent_until_it_is_taken,
    check_two_couriers_deliver_each_once,
    check_a_lost_record_is_closed_with_what_was_saved,
    check_a_renewed_lease_is_left_alone,
    check_nothing_is_sent_after_forget,
    check_without_a_webhook_it_is_settled_and_kept,
    check_a_courier_without_a_webhook_leaves_it_to_one_that_has,
    check_what_is_older_than_retention_is_deleted,
    check_the_last_second_is_sent_at_the_end,
    check_a_hanging_platform_does_not_keep_it_from_stopping,
    check_what_cannot_be_read_holds_nobody_up,
]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = SqliteStore(tmp_path / "store")
    yield opened
    await opened.aclose()


@pytest.mark.parametrize("check", DELIVERY_CHECKS, ids=lambda c: c.__name__)
async def test_outcomes_are_delivered_from_sqlite(store: Store, check: object) -> None:
    await check(store)  # type: ignore[operator]


async def test_what_a_killed_process_had_taken_is_delivered_by_the_next(tmp_path: Path) -> None:
    await ended(SqliteStore(tmp_path / "s"), "o")
    program = """
import asyncio, os, sys
from pathlib import Path
from agent.outcomes.delivery import OutcomeDelivery
from agent.core.settings import StoreSettings
from agent.store import SqliteStore

courier = OutcomeDelivery(SqliteStore(Path(sys.argv[1])), StoreSettings.from_env(os.environ))
asyncio.run(courier.run())
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
        assert await store.due_outcomes(1) == [], "held, for a while"
        await store.retry_delivery("o", 0, 0)  # that while is over
        async with OutcomeDelivery(store, platform.settings(), **FAST):
            await platform.has(2)
        assert [headers["webhook-id"] for headers, _ in platform.requests] == ["outcome_o"] * 2


async def test_the_line_of_a_failed_delivery_says_what_to_do(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = SqliteStore(tmp_path / "s")
    await ended(store, "o", "7")

    async def said(count: int) -> bool:
        return caplog.text.count("not delivered") == count

    with caplog.at_level(logging.INFO, logger="training_greeter"):
        async with (
            receiver(401, 401) as platform,
            OutcomeDelivery(store, platform.settings(), every_s=0.02),
        ):
            await platform.has(1)
            await until(lambda: said(1))
            await store.retry_delivery("o", 7, 0)  # as if it were the eighth attempt
            await platform.has(2)
            await until(lambda: said(2))
    line, eighth = [r for r in caplog.records if "not delivered" in r.message]
    assert line.message == (
        "an outcome was not delivered, it is sent again: OUTCOME_WEBHOOK_URL answered 401: "
        "check OUTCOME_WEBHOOK_SECRET on the platform's side"
    )
    told = vars(line)
    assert (told["outcome_id"], told["session_id"]) == ("o", "7")
    assert (told["attempts"], told["status"]) == (1, 401)
    assert 4 <= told["again_in_s"] <= 6
    assert 2880 <= vars(eighth)["again_in_s"] <= 4320, "hourly in the end"
    assert "whsec" not in caplog.text


class Away:
    """A store on a file that is taken away and put back: each step fails as the real one does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = SqliteStore(path)

    def leave(self) -> None:
        self.path.rename(self.path.with_suffix(".away"))
        self.path.mkdir()

    def come_back(self) -> None:
        self.path.rmdir()
        self.path.with_suffix(".away").rename(self.path)


async def test_a_store_that_is_away_is_said_once_and_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    where = Away(tmp_path / "s")
    await ended(where.store, "o")
    lost = outcome("lost").model_dump_json()
    await where.store.open_outcome("lost", "s", lost, 60)
    where.leave()
    with pytest.raises(StoreError):
        await where.store.outcomes("s")

    async def says(words: str) -> bool:
        return words in caplog.text

    with caplog.at_level(logging.INFO, logger="training_greeter"):
        async with (
            receiver() as platform,
            OutcomeDelivery(where.store, platform.settings(), **FAST),
        ):
            await until(lambda: says("no outcome can be kept or delivered"))
            await asyncio.sleep(0.2)  # many rounds, one line
            where.come_back()
            await platform.has(1)
            await until(lambda: says("the store is back"))
            # Its greeting goes on, but could not renew its lease either.
            assert await where.store.save_outcome("lost", lost, -1)
            await asyncio.sleep(0.1)  # rounds in which it must not be closed
            assert await where.store.save_outcome("lost", lost, 60)
    assert caplog.text.count("no outcome can be kept") == 1


async def test_a_clock_that_is_put_forward_closes_no_running_greeting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SqliteStore(tmp_path / "s")
    running = outcome("running").model_dump_json()
    await store.open_outcome("running", "s", running, 20)
    async with receiver() as platform, OutcomeDelivery(store, platform.settings(), **FAST):
        await asyncio.sleep(0.1)
        right = time.time
        monkeypatch.setattr("time.time", lambda: right() + 60)
        await asyncio.sleep(0.2)  # rounds before its next save
        assert await store.save_outcome("running", running, 20), "it was closed as lost"


def test_a_lost_record_of_which_nothing_is_known_lasted_no_time() -> None:
    closed = json.loads(closed_as_lost(outcome("o").model_dump_json(), BEGAN + timedelta(hours=1)))
    assert closed["ended"] == {
        "reason": "worker_lost",
        "at": "2026-01-02T04:04:05Z",
        "closing_said": False,
    }
    assert (closed["duration_s"], closed["talk_s"]) == (0, 0)


def test_a_duration_that_was_saved_is_not_shortened() -> None:
    body = outcome("o", opened_at=BEGAN, duration_s=70.5, talk_s=60).model_dump_json()
    closed = json.loads(closed_as_lost(body, BEGAN + timedelta(hours=1)))
    assert (closed["duration_s"], closed["talk_s"]) == (70.5, 60)
