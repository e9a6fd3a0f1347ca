"""One agent per session, on a real livekit-server with a real worker."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from livekit import api, rtc

from agent.core.end_reasons import TRAINEE_NEVER_CAME
from agent.core.job_metadata import JobMetadata
from agent.demo.livekit_server import LiveKitServer
from agent.outcomes.session_end import record_session_end
from agent.store import Phase, SqliteStore
from tests.support.endpoint_process import (
    LONG_LIVEKIT_TIMEOUT,
    Endpoint,
    agents_in,
    endpoint,
    endpoint_env,
    livekit_api,
    room_of,
    worker,
)
from tests.support.endpoint_requests import BACKEND, bearer, path_of
from tests.support.waiting import until, until_answer

_DISPATCH_CHECK_S = 8


@pytest.fixture(scope="module")
async def lk(livekit: LiveKitServer) -> AsyncIterator[api.LiveKitAPI]:
    async with livekit_api(livekit) as opened:
        yield opened


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the store that the replicas and the workers share."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
async def replicas(
    livekit: LiveKitServer, state: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[list[Endpoint]]:
    """Two endpoint processes on one store."""
    folder = tmp_path_factory.mktemp("endpoint")
    env = endpoint_env(
        livekit, state, DISPATCH_CHECK_S=f"{_DISPATCH_CHECK_S}", **LONG_LIVEKIT_TIMEOUT
    )
    async with endpoint(env, folder) as one, endpoint(env, folder) as two:
        yield [one, two]


@pytest.fixture(scope="module")
async def working(
    livekit: LiveKitServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[None]:
    async with worker(livekit, tmp_path_factory.mktemp("worker") / "log"):
        yield


async def ours(lk: api.LiveKitAPI, session_id: str) -> list[api.AgentDispatch]:
    found = await lk.agent_dispatch.list_dispatch(f"training-session-{session_id}")
    return [d for d in found if d.agent_name == "greeter"]


async def room_is_gone(lk: api.LiveKitAPI, session_id: str) -> None:
    """Wait until LiveKit no longer lists a session's room; it lists it for some time."""
    await until_answer(lambda: room_of(lk, session_id), lambda room: room is None)


async def test_worker_that_registers_late_gets_one_job(
    livekit: LiveKitServer, lk: api.LiveKitAPI, replicas: list[Endpoint], tmp_path: Path
) -> None:
    session = f"late-{secrets.token_hex(3)}"
    answers = await asyncio.gather(
        *(r.http.post(path_of(session), headers=BACKEND) for r in replicas)
    )
    assert sorted(a.status_code for a in answers) == [200, 201]
    assert await agents_in(lk, session) == []
    trainee = rtc.Room()  # keeps the room open
    await trainee.connect(livekit.url, answers[0].json()["livekit_token"])
    async with worker(livekit, tmp_path / "log"):
        assert len(await until_answer(lambda: agents_in(lk, session))) == 1
        # Both replicas check the room in this time; a second agent would have joined.
        await asyncio.sleep(_DISPATCH_CHECK_S + 2)
        assert len(await agents_in(lk, session)) == 1
    await trainee.disconnect()
    await lk.room.delete_room(api.DeleteRoomRequest(room=f"training-session-{session}"))


@pytest.mark.usefixtures("working")
async def test_twenty_simultaneous_requests_dispatch_one_agent(
    lk: api.LiveKitAPI, replicas: list[Endpoint]
) -> None:
    asked = {"trainee": {"id": "t-1", "name": "Asha"}, "role": "Nurse"}
    answers = await asyncio.gather(
        *(
            replicas[i % 2].http.post(path_of("many"), headers=BACKEND, json=asked)
            for i in range(20)
        )
    )
    assert sorted(a.status_code for a in answers) == [200] * 19 + [201]
    assert len(await until_answer(lambda: agents_in(lk, "many"))) == 1
    [dispatch] = await ours(lk, "many")
    told = JobMetadata.from_json(dispatch.metadata)
    assert (told.session_id, told.trainee.name, told.role) == ("many", "Asha", "Nurse")
    room = await room_of(lk, "many")
    assert (room.empty_timeout, room.departure_timeout, room.metadata) == (30, 30, "")


@pytest.mark.usefixtures("working")
async def test_ended_session_is_409_until_the_backend_restarts_it(
    lk: api.LiveKitAPI, replicas: list[Endpoint]
) -> None:
    one, two = (r.http for r in replicas)
    token = (await one.post(path_of("end"), headers=BACKEND)).json()["livekit_token"]
    await until_answer(lambda: agents_in(lk, "end"))

    ends = [
        await http.post(
            path_of("end", end=True), headers=bearer(token), json={"reason": "continue"}
        )
        for http in (one, two, one)
    ]
    assert [e.status_code for e in ends] == [200] * 3
    assert ends[0].json() == ends[1].json() == ends[2].json()
    await room_is_gone(lk, "end")

    again = await two.post(path_of("end"), headers=BACKEND, json={"trainee": {"name": "Asha"}})
    assert again.status_code == 409
    assert again.json()["error"] == {
        "code": "session_ended",
        "message": "this session's greeting has ended",
        "retryable": False,
    }
    assert "Asha" in again.json()["fallback"]["welcome_text"]
    assert await room_of(lk, "end") is None

    restarts = [await two.post(path_of("end"), headers=BACKEND, json={"restart": True})] + [
        await http.post(path_of("end"), headers=BACKEND, json={"restart": True})
        for http in (one, two)
    ]
    assert [r.status_code for r in restarts] == [201, 200, 200]
    assert len(await until_answer(lambda: agents_in(lk, "end"))) == 1


async def test_end_during_a_slow_job_closes_the_room_again(
    livekit: LiveKitServer, lk: api.LiveKitAPI, tmp_path: Path
) -> None:
    """A job that is still starting opens the deleted room again."""
    env = endpoint_env(livekit, tmp_path / "state", LIVEKIT_AGENT_NAME="slow")
    async with (
        worker(livekit, tmp_path / "log", AGENT_NAME="slow", JOIN_AFTER_S="8"),
        endpoint(env, tmp_path) as served,
    ):
        await served.http.post(path_of("race"), headers=BACKEND)

        async def at_work() -> bool:
            # LiveKit lists a job late; the worker's log has it at once.
            return "received job request" in await asyncio.to_thread((tmp_path / "log").read_text)

        await until_answer(at_work)
        await served.http.post(path_of("race", end=True), headers=BACKEND)
        # The job opens the room again, perhaps only for a moment.
        await until(lambda: any("ended_room_closed" in line for line in served.log))
        await room_is_gone(lk, "race")


async def test_end_overrides_simultaneous_starts(
    lk: api.LiveKitAPI, replicas: list[Endpoint]
) -> None:
    one, two = (r.http for r in replicas)
    answers: list[httpx.Response] = await asyncio.gather(
        *(http.post(path_of("both"), headers=BACKEND) for http in (one, two)),
        one.post(path_of("both", end=True), headers=BACKEND),
        *(http.post(path_of("both"), headers=BACKEND) for http in (one, two)),
    )
    assert {a.status_code for a in answers} <= {200, 201, 409}
    assert (await two.post(path_of("both"), headers=BACKEND)).status_code == 409
    await room_is_gone(lk, "both")


@pytest.mark.usefixtures("working")
async def test_session_ends_with_its_room_if_trainee_and_agent_had_met(
    lk: api.LiveKitAPI, replicas: list[Endpoint], state: Path
) -> None:
    """The worker closed the room without a record; reloading the page starts no second avatar."""
    http = replicas[0].http
    answer = (await http.post(path_of("met"), headers=BACKEND)).json()
    trainee = rtc.Room()
    await trainee.connect(answer["server_url"], answer["participant_token"])
    await until_answer(lambda: agents_in(lk, "met"))
    store = SqliteStore(state / "store.sqlite3")

    async def met() -> bool:
        return await store.phase("met") is Phase.MET

    await until_answer(met)
    await lk.room.delete_room(api.DeleteRoomRequest(room=answer["room_name"]))
    await room_is_gone(lk, "met")
    assert (await http.post(path_of("met"), headers=BACKEND)).status_code == 409
    restarted = await http.post(path_of("met"), headers=BACKEND, json={"restart": True})
    assert restarted.status_code == 201
    await trainee.disconnect()


@pytest.mark.usefixtures("working")
async def test_greeting_without_a_trainee_may_be_requested_again(
    lk: api.LiveKitAPI, replicas: list[Endpoint]
) -> None:
    http = replicas[0].http
    assert (await http.post(path_of("alone"), headers=BACKEND)).status_code == 201
    await until_answer(lambda: agents_in(lk, "alone"))
    await lk.room.delete_room(api.DeleteRoomRequest(room="training-session-alone"))
    await room_is_gone(lk, "alone")
    assert (await http.post(path_of("alone"), headers=BACKEND)).status_code == 200
    assert len(await until_answer(lambda: agents_in(lk, "alone"))) == 1


@pytest.mark.usefixtures("working")
async def test_trainee_who_joins_after_the_worker_gave_up_gets_an_agent(
    lk: api.LiveKitAPI, replicas: list[Endpoint], state: Path
) -> None:
    session_id = "late-trainee"
    asked = {"trainee": {"name": "Asha"}}
    answer = (await replicas[0].http.post(path_of(session_id), headers=BACKEND, json=asked)).json()
    await until_answer(lambda: agents_in(lk, session_id))
    await asyncio.sleep(1)
    sid = (await room_of(lk, session_id)).sid
    await lk.room.delete_room(api.DeleteRoomRequest(room=answer["room_name"]))
    await record_session_end(
        SqliteStore(state / "store.sqlite3"),
        session_id=session_id,
        room_sid=sid,
        reason=TRAINEE_NEVER_CAME,
    )
    await asyncio.sleep(1)
    trainee = rtc.Room()
    await trainee.connect(answer["server_url"], answer["participant_token"])
    try:
        assert len(await until_answer(lambda: agents_in(lk, session_id))) == 1
        [dispatch] = await until_answer(lambda: ours(lk, session_id), lambda found: len(found) == 1)
        assert JobMetadata.from_json(dispatch.metadata).trainee.name == "Asha"
        await asyncio.sleep(2)  # the other replica inspects rooms every second
        assert trainee.isconnected()
        again = await replicas[1].http.post(path_of(session_id), headers=BACKEND)
        assert again.status_code == 200
    finally:
        await trainee.disconnect()


async def test_with_automatic_dispatch_the_room_has_the_job_metadata(
    livekit: LiveKitServer, lk: api.LiveKitAPI, tmp_path: Path
) -> None:
    """LIVEKIT_AGENT_NAME is empty; the worker starts after the room was created."""
    env = endpoint_env(livekit, tmp_path / "state", LIVEKIT_AGENT_NAME="", DISPATCH_CHECK_S="4")
    async with endpoint(env, tmp_path) as automatic:
        body = {"trainee": {"name": "Asha"}}
        await automatic.http.post(path_of("auto"), headers=BACKEND, json=body)
        assert json.loads((await room_of(lk, "auto")).metadata)["trainee"]["name"] == "Asha"
        async with worker(livekit, tmp_path / "log", AGENT_NAME=""):
            assert len(await until_answer(lambda: agents_in(lk, "auto"))) == 1
