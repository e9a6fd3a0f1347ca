"""One replica makes the supervision passes, with few calls to LiveKit's API.

The replicas here run 25 times as fast as real ones: a minute takes 2.4 s.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from agent.core.errors import LiveKitError, StoreError
from agent.core.job_metadata import JobMetadata
from agent.store import RecentRequest, SqliteStore
from agent.token_endpoint.readiness import READY_FOR_S
from agent.token_endpoint.supervision import dispatches, leadership, reaper, supervisor
from agent.token_endpoint.supervision.supervisor import Supervisor
from tests.fakes.livekit_rooms import FakeLiveKit
from tests.support.process_logs import logged
from tests.support.waiting import until
from tests.unit.endpoint_supervision import greetings_of, speed_up, supervisor_of

SPEED = 25
PASS_S = supervisor.PASS_S / SPEED
MINUTE_S = 60 / SPEED
CALLS_A_MINUTE = 60


@pytest.fixture(autouse=True)
def sped_up(monkeypatch: pytest.MonkeyPatch) -> None:
    speed_up(monkeypatch)


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """All times of the supervision, divided by SPEED."""
    monkeypatch.setattr(reaper, "KNOWN_S", 0)
    monkeypatch.setattr(reaper, "ALONE_S", 60)
    for module, names in {
        supervisor: ("SAFETY_S", "BACKOFF_MAX_S"),
        leadership: ("PING_S", "TAKE_OVER_S"),
        reaper: ("_UNCOUNTED_S", "_COMES_BACK_S"),
        dispatches: ("RETRY_MAX_S",),
    }.items():
        for name in names:
            monkeypatch.setattr(module, name, getattr(module, name) / SPEED)
    # A busy machine may stop a process for seconds; it keeps its lease.
    monkeypatch.setattr(leadership, "LEASE_PASSES", 100)
    settled = tuple(after_s / SPEED for after_s in supervisor.SETTLE_S)
    monkeypatch.setattr(supervisor, "SETTLE_S", settled)


def add_greeting(livekit: FakeLiveKit, session_id: str) -> None:
    room = livekit.open(session_id)
    room.agent = room.trainee = True
    room.add_avatar(sid=f"PA_{session_id}")


@contextlib.asynccontextmanager
async def replicas_of(
    livekit: FakeLiveKit, store: SqliteStore, count: int, **times: float
) -> AsyncIterator[list[Supervisor]]:
    """Run replicas at a 25th of the real times; the first one has the lease."""
    async with contextlib.AsyncExitStack() as stack:
        running = []
        for _ in range(count):
            replica = supervisor_of(livekit, store, pass_s=PASS_S, **times)
            running.append(await stack.enter_async_context(replica))
            await livekit.wait_for_calls("ListRooms")
        yield running


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize("replicas", [1, 4])
async def test_twenty_greetings_cost_few_calls_a_minute_with_any_number_of_replicas(
    livekit: FakeLiveKit, store: SqliteStore, replicas: int
) -> None:
    for number in range(20):
        add_greeting(livekit, str(number))
    async with replicas_of(livekit, store, replicas) as running:
        await asyncio.sleep(MINUTE_S / 2)  # the beginning costs more
        before = livekit.total
        await asyncio.sleep(MINUTE_S)
        calls = livekit.total - before
        assert sum(each.leadership.held for each in running) == 1
    print(f"{replicas} replicas, 20 greetings: {calls} calls a minute, {dict(livekit.calls)}")
    assert calls <= CALLS_A_MINUTE


async def store_is_away(*args: object, **kwargs: object) -> None:
    raise StoreError("not now")


@pytest.mark.usefixtures("fast")
async def test_restart_of_the_store_costs_no_calls(
    livekit: FakeLiveKit, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        add_greeting(livekit, str(number))
    async with replicas_of(livekit, store, 2) as running:
        await livekit.wait_for_calls("ListParticipants", 20)
        await asyncio.sleep(MINUTE_S / 6)
        before = livekit.calls["ListParticipants"]
        with monkeypatch.context() as away:
            for name in ("hold_lease", "lease_is_held", "recent_requests"):
                away.setattr(store, name, store_is_away)
            await asyncio.sleep(15 / SPEED)
        for lease in ("supervision", "livekit-answers"):  # like a Redis that saves nothing
            await store._write(
                lambda db, name=lease: db.execute("DELETE FROM lease WHERE name = ?", (name,))
            )
        await asyncio.sleep(MINUTE_S / 4)
        assert [each.leadership.held for each in running] == [True, False]
        assert livekit.calls["ListParticipants"] - before <= 10, "no replica inspects all rooms"


async def test_replica_leaves_the_rooms_to_another_one_if_livekit_answers_only_that_one(
    livekit: FakeLiveKit, store: SqliteStore
) -> None:
    other = FakeLiveKit()
    async with supervisor_of(livekit, store) as first:
        await livekit.wait_for_calls("ListRooms")
        async with supervisor_of(other, store) as second:
            livekit.status = None
            other.open("7").add_avatar()
            await other.wait_for_calls("RemoveParticipant")
            assert (first.leadership.held, second.leadership.held) == (False, True)
            livekit.status = 200
            await livekit.wait_for_calls("ListRooms", timeout_s=10)
            assert livekit.reached
            assert (first.leadership.held, second.leadership.held) == (False, True)


@pytest.mark.usefixtures("fast")
async def test_second_replica_is_told_that_livekit_answers_and_notices_when_it_does_not(
    livekit: FakeLiveKit, store: SqliteStore
) -> None:
    other = FakeLiveKit()
    loop = asyncio.get_running_loop()
    pass_s = 4 * PASS_S  # an answer counts for longer than a busy machine stops a process
    async with supervisor_of(livekit, store, pass_s=pass_s):
        await livekit.wait_for_calls("ListRooms")
        async with supervisor_of(other, store, pass_s=pass_s):
            await other.wait_for_calls("ListRooms")
            for _ in range(3):
                told_at, passes = other.answered_at, livekit.calls["ListRooms"]
                await until(lambda told_at=told_at: other.answered_at > told_at, 30, "not told")  # type: ignore[misc]
                assert livekit.calls["ListRooms"] - passes < READY_FOR_S / supervisor.PASS_S
            # At its start, and perhaps again if the machine has stopped a process.
            assert other.calls.total() <= 3
            livekit.status = other.status = None
            stopped_at = loop.time()
            await other.wait_for_calls("ListRooms")
            assert other.answered_at <= stopped_at


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize("replicas", [1, 3])
async def test_cold_start_without_a_worker_costs_at_most_twenty_calls_in_twenty_seconds(
    livekit: FakeLiveKit, store: SqliteStore, replicas: int
) -> None:
    async with replicas_of(livekit, store, replicas, check_s=3 / SPEED):
        await asyncio.sleep(PASS_S)
        livekit.calls.clear()
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + 20 / SPEED
        await greetings_of(livekit, store).start(JobMetadata(session_id="7"), restart=False)
        await livekit.wait_for_calls("ListRooms")
        livekit.room("7").trainee = True
        await asyncio.sleep(ends_at - loop.time())
        calls, dispatched = Counter(livekit.calls), len(livekit.dispatched)
        await until(lambda: len(livekit.dispatched) >= 2, 30, "not dispatched again")
    print(f"a cold start: {calls.total()} calls, {dict(calls)}")
    assert dispatched <= 3
    # And a ListRooms every 3 s, which makes 20. The trainee costs one inspection at most.
    assert calls.total() - calls["ListRooms"] <= 14
    assert calls["ListRooms"] <= 9, "one more at both ends"


async def test_room_is_inspected_when_its_counts_change(
    livekit: FakeLiveKit, store: SqliteStore
) -> None:
    add_greeting(livekit, "7")
    async with supervisor_of(livekit, store):
        await livekit.wait_for_calls("ListParticipants")
        await livekit.wait_for_calls("ListRooms", 4)
        assert livekit.calls["ListParticipants"] == 1
        livekit.room("7").trainee = False
        await livekit.wait_for_calls("ListParticipants")


async def test_webhook_leads_to_an_inspection_before_the_next_pass(
    livekit: FakeLiveKit, store: SqliteStore
) -> None:
    add_greeting(livekit, "7")
    async with supervisor_of(livekit, store, pass_s=60) as running:
        await livekit.wait_for_calls("ListParticipants")
        running.inspect_soon(livekit.room("7").name)
        await livekit.wait_for_calls("ListParticipants")
        passes = livekit.calls["ListRooms"]
        running.inspect_soon("training-session-new")
        await livekit.wait_for_calls("ListRooms")
        assert livekit.calls["ListRooms"] == passes + 1


async def test_second_replica_only_pings_and_takes_over_when_the_first_one_dies(
    livekit: FakeLiveKit, store: SqliteStore
) -> None:
    first = await supervisor_of(livekit, store).__aenter__()
    await livekit.wait_for_calls("ListRooms")
    async with supervisor_of(livekit, store) as second:
        await livekit.wait_for_calls("ListRooms", 2)
        assert (first.leadership.held, second.leadership.held) == (True, False)
        # Dies: it does not give the lease back.
        first.leadership.held = False
        await first.__aexit__(None, None, None)
        add_greeting(livekit, "7")
        livekit.room("7").agent = False
        await livekit.wait_for_calls("RemoveParticipant")
        assert second.leadership.held


async def test_stopping_replica_releases_the_lease(
    livekit: FakeLiveKit, store: SqliteStore
) -> None:
    async with supervisor_of(livekit, store, pass_s=60):
        await livekit.wait_for_calls("ListRooms")
    async with supervisor_of(livekit, store, pass_s=60) as second:
        await livekit.wait_for_calls("ListRooms")
        assert second.leadership.held


async def test_without_the_store_every_replica_removes_orphaned_avatars(
    livekit: FakeLiveKit, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = ("hold_lease", "lease_is_held", "recent_requests", "end_reason")
    for name in (*away, "forget_phase", "outcomes"):
        monkeypatch.setattr(store, name, store_is_away)
    monkeypatch.setattr(leadership, "TAKE_OVER_S", 0.2)
    livekit.open("7").add_avatar()
    async with supervisor_of(livekit, store):
        await livekit.wait_for_calls("DeleteRoom")
    assert livekit.calls["RemoveParticipant"] == 1


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize("status", [429, 503, None])
async def test_supervision_backs_off_and_says_so_once_until_livekit_answers(
    livekit: FakeLiveKit, store: SqliteStore, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    def events() -> list[str]:
        found = [vars(record).get("event", "") for record in caplog.records]
        return [e for e in found if e in ("supervision_backoff", "supervision_resumed")]

    caplog.set_level(logging.INFO)
    async with supervisor_of(livekit, store, pass_s=PASS_S):
        await livekit.wait_for_calls("ListRooms")
        livekit.status = status
        before = livekit.total
        await asyncio.sleep(MINUTE_S / 2)
        assert livekit.total - before <= 30 / supervisor.BACKOFF_MAX_S / SPEED + 4
        await until(lambda: events() == ["supervision_backoff"], 30, "not logged")
        livekit.status = 200
        await until(lambda: events() == ["supervision_backoff", "supervision_resumed"])


@pytest.mark.usefixtures("fast")
async def test_supervision_says_that_livekit_refuses_the_key(
    livekit: FakeLiveKit, store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    livekit.status = 401
    async with supervisor_of(livekit, store, pass_s=PASS_S):
        await livekit.wait_for_calls("ListRooms", 2)
    [line] = logged(caplog, "livekit_key_refused")
    assert line["levelno"] == logging.ERROR
    assert "LIVEKIT_API_SECRET" in line["message"]


async def test_room_that_cannot_be_inspected_does_not_delay_the_others(
    livekit: FakeLiveKit, store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    participants = livekit.participants
    failed = list[str]()

    async def fail_for_one(room_name: str) -> object:
        if room_name.endswith("broken"):
            failed.append(room_name)
            status = 429 if len(failed) == 1 else 503
            raise LiveKitError("ListParticipants: not now", status=status)
        return await participants(room_name)

    livekit.participants = fail_for_one  # type: ignore[method-assign, assignment]
    add_greeting(livekit, "broken")
    livekit.open("7").add_avatar()
    with caplog.at_level(logging.WARNING):
        async with supervisor_of(livekit, store, pass_s=PASS_S):
            await livekit.wait_for_calls("RemoveParticipant")
            await until(lambda: len(failed) > 2, 30, "it was not inspected again")
    assert len(logged(caplog, "inspection_failed")) == 1, "once until it succeeds"


async def test_pass_reads_only_the_requests_since_the_one_before(
    livekit: FakeLiveKit, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows: list[float] = []
    found: list[RecentRequest] = []
    read = store.recent_requests

    async def recorded(within_s: float, *, keep_s: float) -> list[RecentRequest]:
        windows.append(within_s)
        if not found:
            found.extend(await read(within_s, keep_s=keep_s))
            return found
        return []

    monkeypatch.setattr(store, "recent_requests", recorded)
    async with supervisor_of(livekit, store, check_s=0.5):
        await livekit.wait_for_calls("ListRooms", 2)
        await greetings_of(livekit, store).start(JobMetadata(session_id="7"), restart=False)
        # The request is known although no later pass reads it again.
        await until(lambda: livekit.calls["CreateDispatch"] > 0, 30, "no dispatch")
    assert windows[0] == dispatches.REQUEST_WINDOW_S
    assert max(windows[1:]) < dispatches.REQUEST_WINDOW_S / 2


async def test_many_empty_rooms_are_inspected_at_a_steady_rate(
    livekit: FakeLiveKit, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "EMPTY_PER_S", 50.0)
    greetings = greetings_of(livekit, store)
    for number in range(100):
        await greetings.start(JobMetadata(session_id=str(number)), restart=False)
    async with supervisor_of(livekit, store):
        await livekit.wait_for_calls("ListParticipants", 20)
        began_at = asyncio.get_running_loop().time()
        await livekit.wait_for_calls("ListParticipants", 30)
        assert asyncio.get_running_loop().time() - began_at >= 0.4
        # A room with an avatar does not wait for the others.
        add_greeting(livekit, "busy")
        livekit.room("busy").agent = False
        await livekit.wait_for_calls("RemoveParticipant")
        assert livekit.calls["ListParticipants"] < 100
        await livekit.wait_for_calls("ListParticipants", 50, timeout_s=10)
    assert len(set(livekit.dispatched)) >= 70, "every room has its turn"
