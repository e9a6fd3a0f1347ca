"""Starting and ending greetings, with LiveKit in memory and a real store."""

from __future__ import annotations

import asyncio

import pytest

from agent.core.errors import LiveKitError, StoreError
from agent.core.job_metadata import JobMetadata
from agent.outcomes.session_end import record_session_end
from agent.store import Limit, Phase, RedisStore, SqliteStore
from agent.token_endpoint.errors import ApiError
from agent.token_endpoint.greetings import Greetings
from tests.fakes.livekit_rooms import FakeLiveKit

METADATA = JobMetadata(session_id="7")


@pytest.fixture
def greetings(
    livekit: FakeLiveKit, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> Greetings:
    monkeypatch.setattr("agent.token_endpoint.greetings.WORKER_RECORD_S", 0.3)
    return Greetings(livekit.as_rooms(), store, dispatch_check_s=1)


async def meet_and_leave(greetings: Greetings, livekit: FakeLiveKit, store: SqliteStore) -> None:
    """Trainee and agent meet; then their room is gone."""
    await greetings.start(METADATA, restart=False)
    await store.mark_met("7")
    livekit.close("7")


async def ended(greetings: Greetings) -> None:
    with pytest.raises(ApiError) as refused:
        await greetings.start(METADATA, restart=False)
    assert refused.value.code == "session_ended"


@pytest.mark.parametrize("met", [False, True])
async def test_start_after_failure_starts_a_new_greeting(
    greetings: Greetings, livekit: FakeLiveKit, store: SqliteStore, met: bool
) -> None:
    assert await greetings.start(METADATA, restart=False) is None
    first = livekit.room("7").sid
    if met:
        await store.mark_met("7")
    await greetings.fail("7", room_sid=first)
    assert livekit.rooms == {}
    assert await greetings.start(METADATA, restart=False) is None
    assert livekit.room("7").sid != first
    assert await greetings.start(METADATA, restart=False) is Phase.STARTED
    await store.mark_met("7")
    assert await greetings.start(METADATA, restart=False) is Phase.MET


async def test_fail_keeps_a_newer_room(
    greetings: Greetings, livekit: FakeLiveKit, store: SqliteStore
) -> None:
    await greetings.start(METADATA, restart=False)
    await greetings.fail("7", room_sid="RM_0")
    assert livekit.room("7").sid == "RM_1"
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


async def test_worker_end_does_not_undo_an_end_by_request(
    greetings: Greetings, store: SqliteStore
) -> None:
    """The worker finds its room closed, and records that."""
    await greetings.start(METADATA, restart=False)
    await greetings.end("7", "continue")
    await record_session_end(store, session_id="7", room_sid="RM_1", reason="room_closed")
    await ended(greetings)


async def test_end_closes_the_room_without_the_store(livekit: FakeLiveKit) -> None:
    """The avatar is charged until then."""
    livekit.open("7")
    nowhere = RedisStore("redis://127.0.0.1:1/0")
    greetings = Greetings(livekit.as_rooms(), nowhere, dispatch_check_s=1)
    limit = Limit("end:7", "this session", amount=5, window_s=60, window=1, passed=0)
    with pytest.raises(StoreError):
        await greetings.end("7", "continue", limits=[limit])
    assert livekit.rooms == {}


async def test_start_waits_for_the_workers_end_if_the_room_is_gone(
    greetings: Greetings, livekit: FakeLiveKit, store: SqliteStore
) -> None:
    await meet_and_leave(greetings, livekit, store)
    asking = asyncio.create_task(greetings.start(METADATA, restart=False))
    await asyncio.sleep(0.05)
    await record_session_end(store, session_id="7", room_sid="RM_1", reason="connection_lost")
    assert await asking is None
    assert livekit.room("7").sid == "RM_2"


async def test_start_after_a_lost_worker_starts_a_new_greeting(
    greetings: Greetings, livekit: FakeLiveKit, store: SqliteStore
) -> None:
    """By voice alone, so that no avatar was left behind for the reaper to find."""
    await greetings.start(METADATA, restart=False)
    await store.mark_met("7")
    await store.open_outcome("o", "7", "{}", -1)
    assert await store.close_outcome("o", '{"ended": {"reason": "worker_lost"}}', only_expired=True)
    livekit.close("7")
    assert await greetings.start(METADATA, restart=False) is None
    assert livekit.room("7").sid == "RM_2"


@pytest.mark.parametrize("kept", ["[]", "not json", '{"ended": null}'])
async def test_start_is_409_if_the_outcome_does_not_say_worker_lost(
    greetings: Greetings, livekit: FakeLiveKit, store: SqliteStore, kept: str
) -> None:
    await meet_and_leave(greetings, livekit, store)
    await store.open_outcome("o", "7", kept, 60)
    await ended(greetings)


async def test_presumed_end_is_replaced_by_a_late_record_of_the_worker(
    greetings: Greetings, livekit: FakeLiveKit, store: SqliteStore
) -> None:
    await meet_and_leave(greetings, livekit, store)
    await ended(greetings)
    await record_session_end(store, session_id="7", room_sid="RM_1", reason="session_failed")
    assert await greetings.start(METADATA, restart=False) is None


async def test_start_refused_by_livekit_is_undone(
    greetings: Greetings, livekit: FakeLiveKit
) -> None:
    livekit.status = 503
    with pytest.raises(LiveKitError):
        await greetings.start(METADATA, restart=False)
    livekit.status = 200
    assert await greetings.start(METADATA, restart=False) is None


async def test_restart_starts_an_ended_session_again(
    greetings: Greetings, livekit: FakeLiveKit
) -> None:
    await greetings.start(METADATA, restart=False)
    await greetings.end("7", "continue")
    await ended(greetings)
    assert await greetings.start(METADATA, restart=True) is None
    assert livekit.room("7").sid == "RM_2"


@pytest.mark.parametrize("agent", [True, False])
async def test_end_lets_the_agent_close_its_room_and_deletes_a_room_without_agent(
    greetings: Greetings, livekit: FakeLiveKit, agent: bool
) -> None:
    """The fake's agent closes its room as soon as it is asked to end."""
    await greetings.start(METADATA, restart=False)
    livekit.room("7").agent = agent
    await greetings.end("7", "continue")
    assert livekit.rooms == {}
    assert livekit.calls["SendData"] == int(agent)
    assert livekit.calls["DeleteRoom"] == int(not agent)
    await ended(greetings)
