"""The watch over dispatches, with rooms that do as they are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from agent.core.errors import LiveKitError
from agent.core.job_metadata import JobMetadata
from agent.store import Phase, SqliteStore
from agent.token_endpoint.livekit_rooms import Dispatch, LiveKitRooms, Present
from agent.token_endpoint.supervision.dispatch_supervisor import DispatchSupervisor

CHECK_S = 0.05


@dataclass
class FakeRooms:
    """One room. Every greeter that is sent for counts; none comes unless told."""

    room_sid: str | None = "RM_1"
    here: Present = field(default_factory=lambda: Present(greeter=False, trainee=False))
    listed: list[Dispatch] = field(default_factory=list)
    failures: int = 0
    sent: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    looked: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    reopened_by_dispatch: bool = False
    automatic: bool = False

    async def present(self, room_name: str) -> Present:
        self.looked.release()
        if self.failures:
            self.failures -= 1
            raise LiveKitError("not now")
        return self.here

    async def sid(self, room_name: str) -> str | None:
        return self.room_sid

    async def dispatches(self, room_name: str) -> list[Dispatch]:
        return self.listed

    async def dispatch(self, metadata: JobMetadata) -> None:
        if self.reopened_by_dispatch:
            self.room_sid = "RM_2"
        self.sent.release()

    async def undispatch(self, room_name: str, dispatch_id: str) -> None:
        self.listed = [d for d in self.listed if d.id != dispatch_id]

    async def end(self, room_name: str) -> None:
        self.room_sid = None
        self.closed.set()


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "store")


@pytest.fixture
def rooms() -> FakeRooms:
    return FakeRooms(listed=[Dispatch(id="AD_1", has_job=False, at_work=False)])


@pytest.fixture
async def watch(rooms: FakeRooms, store: SqliteStore) -> AsyncIterator[DispatchSupervisor]:
    made = DispatchSupervisor(
        rooms=cast(LiveKitRooms, rooms),
        store=store,
        check_s=CHECK_S,
        poll_s=0.03,
        quiet_poll_s=0.03,
        sweep_poll_s=0.03,
    )
    yield made
    await asyncio.wait_for(made.aclose(), 1)


METADATA = JobMetadata(session_id="7")


async def soon(waited_for: asyncio.Semaphore | asyncio.Event) -> None:
    wait = waited_for.wait() if isinstance(waited_for, asyncio.Event) else waited_for.acquire()
    await asyncio.wait_for(wait, 5)


async def looks(rooms: FakeRooms, count: int) -> None:
    for _ in range(count):
        await soon(rooms.looked)


async def test_a_no_show_is_sent_for_again_and_its_dispatch_not_cut_off(
    watch: DispatchSupervisor, rooms: FakeRooms
) -> None:
    watch.over_greeting(METADATA, fresh=True)
    await soon(rooms.sent)
    assert [d.id for d in rooms.listed] == ["AD_1"], "its job may be under way, and not yet listed"


async def test_a_job_that_ended_without_a_greeter_is_replaced(
    watch: DispatchSupervisor, rooms: FakeRooms
) -> None:
    rooms.listed = [Dispatch(id="AD_1", has_job=True, at_work=False)]
    watch.over_greeting(METADATA, fresh=False)
    await soon(rooms.sent)
    assert rooms.listed == []


async def test_a_job_at_work_is_given_time(watch: DispatchSupervisor, rooms: FakeRooms) -> None:
    rooms.listed = [Dispatch(id="AD_1", has_job=True, at_work=True)]
    watch.over_greeting(METADATA, fresh=True)
    await looks(rooms, 3)
    assert rooms.sent.locked()


async def test_a_slow_job_is_not_cut_off_when_another_is_sent_for(
    watch: DispatchSupervisor, rooms: FakeRooms
) -> None:
    """Its greeter may join at this moment; the second one then leaves, and nobody would be left."""
    watch.job_start_s = 0.05
    rooms.listed = [Dispatch(id="AD_1", has_job=True, at_work=True)]
    watch.over_greeting(METADATA, fresh=True)
    await soon(rooms.sent)
    assert [d.id for d in rooms.listed] == ["AD_1"]


async def test_another_replicas_dispatch_is_enough(
    watch: DispatchSupervisor, rooms: FakeRooms, store: SqliteStore
) -> None:
    assert await store.claim("dispatch/7", 60)
    watch.over_greeting(METADATA, fresh=False)
    await looks(rooms, 3)
    assert rooms.sent.locked()


async def test_nobody_is_sent_for_once_it_has_ended(
    watch: DispatchSupervisor, rooms: FakeRooms, store: SqliteStore
) -> None:
    await store.end("7", "continue")
    watch.over_greeting(METADATA, fresh=False)
    await looks(rooms, 3)
    assert rooms.sent.locked()


async def test_a_room_that_sending_opened_again_is_closed(
    watch: DispatchSupervisor, rooms: FakeRooms
) -> None:
    rooms.reopened_by_dispatch = True
    watch.over_greeting(METADATA, fresh=False)
    await soon(rooms.closed)


async def test_livekit_failing_once_does_not_end_the_watch(
    watch: DispatchSupervisor, rooms: FakeRooms
) -> None:
    rooms.failures = 1
    watch.over_greeting(METADATA, fresh=False)
    await soon(rooms.sent)


async def test_that_they_met_is_remembered(
    watch: DispatchSupervisor, rooms: FakeRooms, store: SqliteStore
) -> None:
    await store.start("7")
    rooms.here = Present(greeter=True, trainee=True)
    watch.over_greeting(METADATA, fresh=True)
    await looks(rooms, 2)
    assert await store.phase("7") is Phase.MET


async def test_an_ended_room_that_comes_back_is_closed(
    watch: DispatchSupervisor, rooms: FakeRooms, store: SqliteStore
) -> None:
    await store.end("7", "continue")
    watch.over_end("7")
    await soon(rooms.closed)


async def test_a_room_that_was_asked_for_again_is_left_alone(
    watch: DispatchSupervisor, rooms: FakeRooms, store: SqliteStore
) -> None:
    await store.start("7")
    watch.over_end("7")
    while watch._sweeps:  # noqa: ASYNC110 - the sweep gives up by itself
        await asyncio.sleep(0.05)
    assert not rooms.closed.is_set()


async def gone_and_back(rooms: FakeRooms, watch: DispatchSupervisor) -> None:
    """The worker gave up and closed the room; the trainee, whose token is good, opens it again."""
    rooms.here = Present(greeter=True, trainee=False)
    watch.over_greeting(METADATA, fresh=True)
    await looks(rooms, 2)
    rooms.here = Present(greeter=False, trainee=False)
    rooms.room_sid, rooms.listed = None, []
    await asyncio.sleep(0.1)
    assert rooms.sent.locked()
    rooms.here = Present(greeter=False, trainee=True)
    rooms.room_sid = "RM_2"


@pytest.mark.parametrize("reported", [False, True])
async def test_a_trainee_who_comes_after_the_worker_gave_up_is_sent_a_greeter(
    watch: DispatchSupervisor, rooms: FakeRooms, store: SqliteStore, reported: bool
) -> None:
    await store.start("7")
    if reported:
        await store.forget_phase("7")
    await gone_and_back(rooms, watch)
    await soon(rooms.sent)
    assert await store.phase("7") is Phase.STARTED
    await asyncio.sleep(0.1)
    assert rooms.room_sid == "RM_2"
    rooms.here = Present(greeter=True, trainee=True)
    async with asyncio.timeout(5):
        while await store.phase("7") is not Phase.MET:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("met", [False, True])
async def test_a_trainee_who_comes_back_after_it_is_over_is_not(
    watch: DispatchSupervisor, rooms: FakeRooms, store: SqliteStore, met: bool
) -> None:
    await store.start("7")
    await (store.mark_met("7") if met else store.end("7", "continue"))
    await gone_and_back(rooms, watch)
    await asyncio.sleep(0.2)
    assert rooms.sent.locked()


async def test_with_automatic_dispatch_livekit_sends_to_the_reopened_room_itself(
    watch: DispatchSupervisor, rooms: FakeRooms, store: SqliteStore
) -> None:
    watch.check_s = 1
    rooms.automatic = True
    await store.start("7")
    await gone_and_back(rooms, watch)
    await asyncio.sleep(0.3)
    assert rooms.sent.locked()


async def test_after_it_broke_off_a_late_greeters_room_is_closed(
    watch: DispatchSupervisor, rooms: FakeRooms
) -> None:
    rooms.here = Present(greeter=True, trainee=False)
    watch.over_break("7")
    await soon(rooms.closed)


async def test_after_it_broke_off_a_trainee_is_left_in_and_met(
    watch: DispatchSupervisor, rooms: FakeRooms, store: SqliteStore
) -> None:
    await store.start("7")
    await store.forget_phase("7")
    await gone_and_back(rooms, watch)
    watch.over_break("7")
    await soon(rooms.sent)
    await asyncio.sleep(0.2)
    assert not rooms.closed.is_set()
