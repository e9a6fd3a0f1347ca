"""The dispatch supervisor replaces dispatches that bring no agent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from agent.core.job_metadata import JobMetadata, room_name_of
from agent.store import Phase, SqliteStore, accepted_lease
from agent.token_endpoint.greetings import Greetings
from agent.token_endpoint.livekit_rooms import Dispatch
from agent.token_endpoint.supervision import dispatches
from agent.token_endpoint.supervision.supervisor import Supervisor
from tests.fakes.livekit_rooms import FakeLiveKit
from tests.support.process_logs import logged
from tests.support.waiting import until_answer
from tests.unit.endpoint_supervision import (
    AGENT_LEFT_S,
    CHECK_S,
    greetings_of,
    speed_up,
    supervisor_of,
)

METADATA = JobMetadata(session_id="7")
A_FEW_CHECKS_S = 4 * CHECK_S


@pytest.fixture(autouse=True)
def sped_up(monkeypatch: pytest.MonkeyPatch) -> None:
    speed_up(monkeypatch)


@pytest.fixture
def greetings(livekit: FakeLiveKit, store: SqliteStore) -> Greetings:
    return greetings_of(livekit, store)


@pytest.fixture
async def supervisor(livekit: FakeLiveKit, store: SqliteStore) -> AsyncIterator[Supervisor]:
    async with supervisor_of(livekit, store) as running:
        yield running


def taken(*, running: bool) -> list[Dispatch]:
    return [Dispatch(id="AD_0", has_job=True, running=running)]


def ids(livekit: FakeLiveKit) -> list[str]:
    return [d.id for d in livekit.room("7").dispatches]


async def becomes(store: SqliteStore, phase: Phase | None) -> None:
    await until_answer(lambda: store.phase("7"), lambda found: found is phase)


@pytest.mark.usefixtures("supervisor")
async def test_dispatch_without_a_job_is_repeated_and_not_deleted(
    greetings: Greetings, livekit: FakeLiveKit
) -> None:
    await greetings.start(METADATA, restart=False)
    first = ids(livekit)[0]
    await livekit.wait_for_calls("CreateDispatch")
    assert first in ids(livekit), "LiveKit may list its job later, and deleting it ends the job"
    assert livekit.job_metadata[0] == livekit.job_metadata[1]


async def test_wait_for_an_agent_grows_with_each_dispatch(
    greetings: Greetings, livekit: FakeLiveKit, store: SqliteStore
) -> None:
    loop = asyncio.get_running_loop()
    check_s = 0.4
    times = [loop.time()]
    dispatch = livekit.dispatch

    async def dispatch_and_note(room_name: str, job_metadata: str) -> None:
        times.append(loop.time())
        await dispatch(room_name, job_metadata)

    livekit.dispatch = dispatch_and_note  # type: ignore[method-assign]
    async with supervisor_of(livekit, store, check_s=check_s):
        await greetings.start(METADATA, restart=False)
        await livekit.wait_for_calls("CreateDispatch", 3)
    waits = [b - a for a, b in zip(times, times[1:], strict=False)]
    assert waits[0] >= check_s * 0.9
    # Twice 1.5 times as long; less what LiveKit and the store took before the second dispatch.
    assert waits[2] >= check_s * 1.5


@pytest.mark.usefixtures("supervisor")
async def test_job_that_ended_without_an_agent_is_replaced(
    greetings: Greetings, livekit: FakeLiveKit
) -> None:
    await greetings.start(METADATA, restart=False)
    livekit.room("7").dispatches = taken(running=False)
    await livekit.wait_for_calls("CreateDispatch")
    assert "AD_0" not in ids(livekit)


@pytest.mark.parametrize("listed", [False, True])
async def test_accepted_job_gets_time_to_join_until_it_dies(
    greetings: Greetings,
    livekit: FakeLiveKit,
    store: SqliteStore,
    monkeypatch: pytest.MonkeyPatch,
    *,
    listed: bool,
) -> None:
    """Another agent would request a second avatar, which costs money."""
    monkeypatch.setattr(dispatches, "JOB_START_S", 60)
    async with supervisor_of(livekit, store):
        await greetings.start(METADATA, restart=False)
        if listed:
            livekit.room("7").dispatches = taken(running=True)  # also after it has died
        await store.hold_lease(accepted_lease("7"), "worker", 60)
        await asyncio.sleep(A_FEW_CHECKS_S)
        assert livekit.dispatched == []
        await store.release_lease(accepted_lease("7"), "worker")
        await livekit.wait_for_calls("CreateDispatch")


@pytest.mark.usefixtures("supervisor")
async def test_slow_job_is_replaced_but_not_ended(
    greetings: Greetings, livekit: FakeLiveKit, store: SqliteStore
) -> None:
    """Its agent may join at this moment. The second agent then leaves by itself."""
    await greetings.start(METADATA, restart=False)
    await store.hold_lease(accepted_lease("7"), "worker", 60)
    livekit.room("7").dispatches = taken(running=True)
    await livekit.wait_for_calls("CreateDispatch")
    assert "AD_0" in ids(livekit)


async def test_lost_agent_is_replaced_while_the_trainee_waits(
    greetings: Greetings,
    livekit: FakeLiveKit,
    store: SqliteStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # LiveKit lists the killed agent's job as running forever; the supervisor must not rely on it.
    monkeypatch.setattr(dispatches, "JOB_START_S", 60)
    async with supervisor_of(livekit, store):
        await greetings.start(METADATA, restart=False)
        room = livekit.room("7")
        room.dispatches = taken(running=True)
        room.agent = room.trainee = True
        await becomes(store, Phase.MET)
        room.agent = False
        await livekit.wait_for_calls("CreateDispatch")
        assert "AD_0" not in ids(livekit)


@pytest.mark.usefixtures("supervisor")
async def test_at_most_three_lost_agents_are_replaced_for_one_request(
    greetings: Greetings, livekit: FakeLiveKit
) -> None:
    await greetings.start(METADATA, restart=False)
    for _ in range(3):
        livekit.room("7").dispatches = taken(running=False)
        await livekit.wait_for_calls("CreateDispatch")
    livekit.room("7").dispatches = taken(running=False)
    await asyncio.sleep(A_FEW_CHECKS_S)
    assert len(livekit.dispatched) == 3
    await asyncio.sleep(0.25)  # requests closer together count as one
    await greetings.start(METADATA, restart=False)
    await livekit.wait_for_calls("CreateDispatch")


async def test_dispatch_of_another_replica_is_not_repeated(
    greetings: Greetings, livekit: FakeLiveKit, store: SqliteStore
) -> None:
    await greetings.start(METADATA, restart=False)
    await asyncio.sleep(CHECK_S)
    assert await store.claim("dispatch/7", 60)
    async with supervisor_of(livekit, store):
        await livekit.wait_for_calls("ListDispatch")
        await asyncio.sleep(A_FEW_CHECKS_S)
    assert livekit.dispatched == []


async def test_room_that_was_closed_since_the_last_pass_gets_no_agent(
    greetings: Greetings,
    livekit: FakeLiveKit,
    store: SqliteStore,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The trainee never came, and the worker has closed the room."""
    await greetings.start(METADATA, restart=False)
    async with supervisor_of(livekit, store, pass_s=60):
        await livekit.wait_for_calls("ListRooms")
        livekit.close("7")
        await livekit.wait_for_calls("ListParticipants")
        await asyncio.sleep(A_FEW_CHECKS_S)
    assert livekit.dispatched == []
    assert not logged(caplog, "inspection_failed")


@pytest.mark.usefixtures("supervisor")
async def test_no_agent_is_dispatched_after_the_end_and_the_room_is_closed(
    greetings: Greetings, livekit: FakeLiveKit, store: SqliteStore
) -> None:
    await greetings.start(METADATA, restart=False)
    await store.end("7", "continue")
    await livekit.wait_for_calls("DeleteRoom")
    await asyncio.sleep(A_FEW_CHECKS_S)
    assert livekit.dispatched == []


async def test_room_that_is_being_deleted_is_not_deleted_again_at_once(
    greetings: Greetings, livekit: FakeLiveKit, store: SqliteStore
) -> None:
    """LiveKit would open the room again, with its agent."""
    loop = asyncio.get_running_loop()
    deleted_at: list[float] = []

    async def delete_slowly(room_name: str) -> None:
        deleted_at.append(loop.time())
        await livekit._call("DeleteRoom")

    livekit.end = delete_slowly  # type: ignore[method-assign]
    await greetings.start(METADATA, restart=False)
    livekit.room("7").agent = True
    async with supervisor_of(livekit, store) as supervisor:
        await livekit.wait_for_calls("ListParticipants")
        ended_at = loop.time()
        await store.end("7", "continue")
        while len(deleted_at) < 2:
            supervisor.inspect_soon(room_name_of("7"))  # as LiveKit's webhooks do
            await asyncio.sleep(0.005)
    assert deleted_at[0] - ended_at >= AGENT_LEFT_S
    assert deleted_at[1] - deleted_at[0] >= AGENT_LEFT_S


async def test_end_during_the_dispatch_closes_the_room(
    greetings: Greetings, livekit: FakeLiveKit, store: SqliteStore
) -> None:
    """CreateDispatch opens a room that was deleted."""
    dispatch = livekit.dispatch

    async def dispatch_during_an_end(room_name: str, job_metadata: str) -> None:
        await greetings.end("7", "continue")
        await dispatch(room_name, job_metadata)

    livekit.dispatch = dispatch_during_an_end  # type: ignore[method-assign]
    async with supervisor_of(livekit, store):
        await greetings.start(METADATA, restart=False)
        await livekit.wait_for_calls("DeleteRoom", 2)
    assert livekit.rooms == {}


@pytest.mark.usefixtures("supervisor")
async def test_trainee_and_agent_in_the_room_together_have_met(
    greetings: Greetings, livekit: FakeLiveKit, store: SqliteStore
) -> None:
    await greetings.start(METADATA, restart=False)
    livekit.room("7").agent = True
    await livekit.wait_for_calls("ListParticipants")
    assert await store.phase("7") is Phase.STARTED
    livekit.room("7").trainee = True
    await becomes(store, Phase.MET)


@pytest.mark.usefixtures("supervisor")
@pytest.mark.parametrize("reason", ["continue", None])
async def test_late_agent_that_opens_the_room_again_is_removed(
    greetings: Greetings, livekit: FakeLiveKit, reason: str | None
) -> None:
    await greetings.start(METADATA, restart=False)
    sid = livekit.room("7").sid
    if reason:
        await greetings.end("7", reason)
    else:
        await greetings.fail("7", room_sid=sid)
    livekit.open("7").agent = True
    await livekit.wait_for_calls("DeleteRoom")
    assert livekit.rooms == {}


@pytest.mark.usefixtures("supervisor")
async def test_requested_room_is_kept(greetings: Greetings, livekit: FakeLiveKit) -> None:
    await greetings.start(METADATA, restart=False)
    await greetings.fail("7", room_sid=livekit.room("7").sid)
    await greetings.start(METADATA, restart=False)
    livekit.room("7").agent = True
    deleted = livekit.calls["DeleteRoom"]
    await livekit.wait_for_calls("ListRooms", 4)
    assert livekit.calls["DeleteRoom"] == deleted


async def the_worker_gave_up(greetings: Greetings, livekit: FakeLiveKit) -> None:
    """The worker closed the room; the trainee, whose token is valid, opens it again."""
    await greetings.start(METADATA, restart=False)
    livekit.room("7").agent = True
    await livekit.wait_for_calls("ListParticipants")
    livekit.close("7")
    await livekit.wait_for_calls("ListRooms", 2)
    assert livekit.dispatched == []
    livekit.open("7").trainee = True


@pytest.mark.usefixtures("supervisor")
@pytest.mark.parametrize("recorded", [False, True])
async def test_trainee_who_joins_after_the_worker_gave_up_gets_an_agent(
    greetings: Greetings, livekit: FakeLiveKit, store: SqliteStore, recorded: bool
) -> None:
    await the_worker_gave_up(greetings, livekit)
    if recorded:
        await store.forget_phase("7")
    await livekit.wait_for_calls("CreateDispatch")
    await becomes(store, Phase.STARTED)
    livekit.room("7").agent = True
    await becomes(store, Phase.MET)
    await store.end("7", "completed", room_sid="RM_1")
    assert await store.phase("7") is Phase.MET, "the store knows the new room"


@pytest.mark.usefixtures("supervisor")
@pytest.mark.parametrize("ended", [False, True])
async def test_trainee_who_comes_back_after_the_greeting_gets_no_agent(
    livekit: FakeLiveKit, store: SqliteStore, ended: bool
) -> None:
    await store.save_request("7", METADATA.to_json(), room_sid="RM_0", dispatched=True)
    await (store.end("7", "presumed: the room was gone") if ended else store.mark_met("7"))
    livekit.open("7").trainee = True
    await livekit.wait_for_calls("ListDispatch")
    await asyncio.sleep(A_FEW_CHECKS_S)
    assert livekit.dispatched == []


async def test_with_automatic_dispatch_livekit_serves_a_reopened_room_itself(
    greetings: Greetings, livekit: FakeLiveKit, store: SqliteStore
) -> None:
    livekit.automatic = True  # type: ignore[misc]
    async with supervisor_of(livekit, store, check_s=60):
        await the_worker_gave_up(greetings, livekit)
        await livekit.wait_for_calls("ListRooms", 4)
    assert livekit.dispatched == []


@pytest.mark.usefixtures("supervisor")
async def test_supervision_continues_after_a_failed_call(
    greetings: Greetings, livekit: FakeLiveKit
) -> None:
    await greetings.start(METADATA, restart=False)
    livekit.status = 503
    await livekit.wait_for_calls("ListRooms")
    livekit.status = 200
    await livekit.wait_for_calls("CreateDispatch")


async def test_room_without_a_request_gets_no_agent(
    livekit: FakeLiveKit, store: SqliteStore
) -> None:
    livekit.open("by-hand").trainee = True
    async with supervisor_of(livekit, store):
        await livekit.wait_for_calls("ListRooms", 4)
    assert livekit.dispatched == []
