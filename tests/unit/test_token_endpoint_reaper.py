"""The reaper removes avatars that serve no trainee, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from agent.store import Phase, SqliteStore
from agent.token_endpoint.supervision.supervisor import Supervisor
from tests.fakes.livekit_rooms import FakeLiveKit, FakeRoom
from tests.support.clock import Clock
from tests.support.process_logs import logged
from tests.support.waiting import until
from tests.unit.endpoint_supervision import speed_up, supervisor_of

A_FEW_PASSES = 4


@pytest.fixture(autouse=True)
def sped_up(monkeypatch: pytest.MonkeyPatch) -> None:
    speed_up(monkeypatch)


@pytest.fixture
async def supervisor(livekit: FakeLiveKit, store: SqliteStore) -> AsyncIterator[Supervisor]:
    async with supervisor_of(livekit, store) as running:
        yield running


def greeting(livekit: FakeLiveKit, session_id: str = "7") -> FakeRoom:
    room = livekit.open(session_id)
    room.agent = room.trainee = True
    room.add_avatar()
    return room


def events(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.event for r in caplog.records if hasattr(r, "event")]


@pytest.mark.usefixtures("supervisor")
async def test_orphaned_avatar_is_removed_and_the_trainee_stays(
    livekit: FakeLiveKit, store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    await store.open_outcome("o", "7", '{"avatar_session_id": "b-1"}', 60)
    room = greeting(livekit)
    await livekit.wait_for_calls("ListRooms", A_FEW_PASSES)
    assert livekit.calls["RemoveParticipant"] == 0
    room.agent = False
    await livekit.wait_for_calls("RemoveParticipant")
    await livekit.wait_for_calls("ListRooms", A_FEW_PASSES)
    assert livekit.rooms, "the trainee keeps the room"
    [line] = logged(caplog, "avatar_left_behind")
    assert (line["room"], line["avatar"]) == ("training-session-7", "avatar")
    assert line["avatar_session_id"] == "b-1"


@pytest.mark.usefixtures("supervisor")
async def test_avatar_that_comes_back_is_removed_again(
    livekit: FakeLiveKit, caplog: pytest.LogCaptureFixture
) -> None:
    room = greeting(livekit)
    room.agent = False
    await livekit.wait_for_calls("RemoveParticipant")
    for number in range(2):
        await livekit.wait_for_calls("ListRooms", 2)
        room.add_avatar(sid=f"PA_back_{number}")
        await livekit.wait_for_calls("RemoveParticipant")
    await livekit.wait_for_calls("ListRooms")
    assert events(caplog).count("avatar_came_back") == 2


@pytest.mark.usefixtures("supervisor")
async def test_room_with_only_an_orphan_is_closed(livekit: FakeLiveKit, store: SqliteStore) -> None:
    await store.start("7")
    await store.mark_met("7")
    room = greeting(livekit)
    await livekit.wait_for_calls("ListRooms", 2)
    room.agent = room.trainee = False
    await livekit.wait_for_calls("DeleteRoom")
    assert await store.phase("7") is None
    # The avatar's token opens another room.
    livekit.open("7").add_avatar(sid="PA_back")
    await livekit.wait_for_calls("DeleteRoom")
    assert livekit.rooms == {}


@pytest.mark.usefixtures("supervisor")
async def test_session_that_ended_on_purpose_stays_ended(
    livekit: FakeLiveKit, store: SqliteStore
) -> None:
    room = greeting(livekit)
    await livekit.wait_for_calls("ListRooms", 2)
    room.agent = room.trainee = False
    await store.end("7", "continue")
    await livekit.wait_for_calls("DeleteRoom")
    assert await store.phase("7") is Phase.ENDED


async def test_agent_that_comes_back_keeps_its_avatar(
    livekit: FakeLiveKit, store: SqliteStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For example after a restart of LiveKit, when avatar and agent join in any order."""
    monkeypatch.setattr("agent.token_endpoint.supervision.reaper.KNOWN_S", 60)
    async with supervisor_of(livekit, store):
        room = greeting(livekit)
        room.agent = False
        await livekit.wait_for_calls("ListParticipants", 2)
        room.agent = True
        await livekit.wait_for_calls("ListParticipants")
        clock.ahead_s = 120
        await livekit.wait_for_calls("ListRooms", A_FEW_PASSES)
    assert livekit.calls["RemoveParticipant"] == 0


@pytest.mark.usefixtures("supervisor")
async def test_room_without_a_trainee_is_closed_even_if_its_agent_is_there(
    livekit: FakeLiveKit, caplog: pytest.LogCaptureFixture
) -> None:
    room = greeting(livekit)
    await asyncio.sleep(1)
    assert livekit.rooms, "the trainee is there"
    room.trainee = False
    began = asyncio.get_running_loop().time()
    await livekit.wait_for_calls("DeleteRoom")
    assert asyncio.get_running_loop().time() - began > 0.8
    await until(lambda: "avatar_without_trainee" in events(caplog), 30, "not logged")


@pytest.mark.usefixtures("supervisor")
async def test_orphan_that_does_not_publish_is_removed(
    livekit: FakeLiveKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ListRooms does not count it."""
    monkeypatch.setattr("agent.token_endpoint.supervision.reaper._UNCOUNTED_S", 0.1)
    room = livekit.open("7")
    room.agent = room.trainee = True
    room.add_avatar()
    room.publishing = False
    await livekit.wait_for_calls("ListParticipants", 2)
    room.agent = False
    await livekit.wait_for_calls("RemoveParticipant")


@pytest.mark.usefixtures("supervisor")
async def test_empty_room_with_a_pending_agent_is_kept(
    livekit: FakeLiveKit,
) -> None:
    livekit.open("7")
    await livekit.wait_for_calls("ListRooms", A_FEW_PASSES)
    assert livekit.rooms
