"""Starting and ending, with one room that does as it is told and a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from agent.core.errors import LiveKitError
from agent.core.job_metadata import JobMetadata
from agent.outcomes.session_end import record_session_end
from agent.store import Phase, SqliteStore
from agent.token_endpoint.errors import ApiError
from agent.token_endpoint.greetings import Greetings
from agent.token_endpoint.livekit_rooms import Dispatch, LiveKitRooms, Present
from agent.token_endpoint.supervision.dispatch_supervisor import DispatchSupervisor

METADATA = JobMetadata(session_id="7")


class FakeRooms:
    """One room, named by the number of times it was made; nobody is ever in it."""

    automatic = False

    def __init__(self) -> None:
        self.made = 0
        self.room_sid: str | None = None
        self.broken = False

    async def ensure(self, metadata: JobMetadata) -> str:
        if self.broken:
            raise LiveKitError("not now")
        if self.room_sid is None:
            self.made += 1
            self.room_sid = f"RM_{self.made}"
        return self.room_sid

    async def sid(self, room_name: str) -> str | None:
        return self.room_sid

    async def end(self, room_name: str) -> None:
        self.room_sid = None

    async def present(self, room_name: str) -> Present:
        return Present(greeter=False, trainee=False)

    async def dispatches(self, room_name: str) -> list[Dispatch]:
        return [Dispatch(id="AD_1", has_job=True, at_work=True)]


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "store")


@pytest.fixture
def rooms() -> FakeRooms:
    return FakeRooms()


@pytest.fixture
async def greetings(rooms: FakeRooms, store: SqliteStore) -> AsyncIterator[Greetings]:
    watch = DispatchSupervisor(
        rooms=cast(LiveKitRooms, rooms), store=store, check_s=1, sweep_poll_s=0.03
    )
    yield Greetings(cast(LiveKitRooms, rooms), store, watch, report_s=0.3)
    await watch.aclose()


async def ended(greetings: Greetings) -> None:
    with pytest.raises(ApiError) as refused:
        await greetings.start(METADATA, restart=False)
    assert refused.value.code == "session_ended"


@pytest.mark.parametrize("met", [False, True])
async def test_what_broke_off_is_started_anew_and_the_sweep_leaves_it_alone(
    greetings: Greetings, rooms: FakeRooms, store: SqliteStore, met: bool
) -> None:
    assert await greetings.start(METADATA, restart=False)
    if met:
        await store.mark_met("7")
    await greetings.break_off("7", room_sid="RM_1")
    assert await rooms.sid("") is None
    assert await greetings.start(METADATA, restart=False)
    await asyncio.sleep(0.2)
    assert rooms.room_sid == "RM_2"
    assert not await greetings.start(METADATA, restart=False)


async def test_another_replicas_sweep_leaves_the_new_greeting_alone_too(
    greetings: Greetings, rooms: FakeRooms, store: SqliteStore
) -> None:
    await greetings.start(METADATA, restart=False)
    await greetings.break_off("7", room_sid="RM_1")
    watch = DispatchSupervisor(rooms=cast(LiveKitRooms, rooms), store=store, check_s=1)
    other = Greetings(cast(LiveKitRooms, rooms), store, watch)
    try:
        assert await other.start(METADATA, restart=False)
        await asyncio.sleep(0.2)
        assert rooms.room_sid == "RM_2"
    finally:
        await watch.aclose()


async def test_break_off_leaves_a_newer_room_alone(
    greetings: Greetings, rooms: FakeRooms, store: SqliteStore
) -> None:
    await greetings.start(METADATA, restart=False)
    await greetings.break_off("7", room_sid="RM_0")
    assert rooms.room_sid == "RM_1"
    assert await store.phase("7") is Phase.STARTED


async def test_start_records_its_room_so_that_an_older_job_cannot_end_it(
    greetings: Greetings, store: SqliteStore
) -> None:
    await greetings.start(METADATA, restart=False)
    for reason in ("completed", "room_closed"):
        await record_session_end(store, session_id="7", room_sid="RM_0", reason=reason)
    assert await store.phase("7") is Phase.STARTED
    await record_session_end(store, session_id="7", room_sid="RM_1", reason="completed")
    await ended(greetings)


async def test_the_workers_end_does_not_undo_an_end_by_request(
    greetings: Greetings, store: SqliteStore
) -> None:
    """The worker finds its room closed, and records that."""
    await greetings.start(METADATA, restart=False)
    await greetings.end("7", "continue")
    await record_session_end(store, session_id="7", room_sid="RM_1", reason="room_closed")
    await ended(greetings)


async def test_start_waits_for_the_workers_end_if_the_room_is_gone(
    greetings: Greetings, rooms: FakeRooms, store: SqliteStore
) -> None:
    await greetings.start(METADATA, restart=False)
    await store.mark_met("7")
    rooms.room_sid = None
    asking = asyncio.create_task(greetings.start(METADATA, restart=False))
    await asyncio.sleep(0.05)
    await record_session_end(store, session_id="7", room_sid="RM_1", reason="connection_lost")
    assert await asking
    assert rooms.room_sid == "RM_2"


@pytest.mark.parametrize("by_webhook", [False, True])
async def test_who_met_a_guide_that_was_lost_with_its_worker_is_greeted_again(
    greetings: Greetings, rooms: FakeRooms, store: SqliteStore, by_webhook: bool
) -> None:
    """By voice alone, so that no avatar was left behind for the reaper to find."""
    await greetings.start(METADATA, restart=False)
    await store.mark_met("7")
    await store.open_outcome("o", "7", "{}", -1)
    assert await store.close_expired_outcome("o", '{"ended": {"reason": "worker_lost"}}')
    rooms.room_sid = None
    if by_webhook:
        assert not await greetings.over_with_its_room("7")
    assert await greetings.start(METADATA, restart=False)
    assert rooms.room_sid == "RM_2"


@pytest.mark.parametrize("kept", ["[]", "not json", '{"ended": null}'])
async def test_a_record_that_does_not_say_so_tells_of_no_lost_worker(
    greetings: Greetings, rooms: FakeRooms, store: SqliteStore, kept: str
) -> None:
    await greetings.start(METADATA, restart=False)
    await store.mark_met("7")
    await store.open_outcome("o", "7", kept, 60)
    rooms.room_sid = None
    await ended(greetings)


async def test_without_a_report_it_is_presumed_over_until_a_late_one_says_otherwise(
    greetings: Greetings, rooms: FakeRooms, store: SqliteStore
) -> None:
    await greetings.start(METADATA, restart=False)
    await store.mark_met("7")
    rooms.room_sid = None
    await ended(greetings)
    await record_session_end(store, session_id="7", room_sid="RM_1", reason="session_failed")
    assert await greetings.start(METADATA, restart=False)


async def test_a_start_livekit_refused_was_none(greetings: Greetings, rooms: FakeRooms) -> None:
    rooms.broken = True
    with pytest.raises(LiveKitError):
        await greetings.start(METADATA, restart=False)
    rooms.broken = False
    assert await greetings.start(METADATA, restart=False)


async def test_the_backend_restarts_what_ended(greetings: Greetings, rooms: FakeRooms) -> None:
    await greetings.start(METADATA, restart=False)
    await greetings.end("7", "continue")
    await ended(greetings)
    assert await greetings.start(METADATA, restart=True)
    assert rooms.room_sid == "RM_2"
