"""The reaper on a real livekit-server.

The tests control some avatars, which do not leave by themselves and rejoin.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from livekit import api, rtc

from agent.core.job_metadata import room_name_of
from agent.core.settings import EndpointSettings
from agent.demo.livekit_server import LiveKitServer, free_ports
from agent.demo.processes import child, wait_until_ready
from agent.token_endpoint.livekit_rooms import LiveKitRooms
from agent.token_endpoint.supervision.supervisor import PASS_S
from tests.support.conversation import attribute, wait_for_opening
from tests.support.livekit_client import LiveKitClient
from tests.support.livekit_token import participant_token
from tests.support.process_logs import logged
from tests.support.product import Product
from tests.support.shipped_scripts import shipped_script
from tests.support.supervision import Rig, open_rig, publish, supervisor
from tests.support.waiting import until, until_answer

SLACK_S = 15.0
"""Added to promises, because the machine that runs the tests is busy."""
PROMISED_S = 30.0 + SLACK_S
AT_ONCE_S = 18.0
NEXT_S = 22.0
"""LiveKit lists a dead agent for about 20 s. Its avatar stays as long, and the next agent comes
some seconds later, unless the worker removes them."""
ROUND_S = 0.2
SAVED_AVATAR = '"avatar_session_id":"'
"""Part of an outcome that has an avatar session."""
COUNTED_S = 10.0 + SLACK_S
"""LiveKit shows a change of a room's counts up to 10 s late."""


@pytest.fixture
async def rig(livekit: LiveKitServer, tmp_path: Path) -> AsyncIterator[Rig]:
    async with open_rig(livekit, tmp_path / "state") as rig:
        yield rig


_REMOVALS = ("avatar_left_behind", "avatar_came_back", "avatar_without_trainee", "room_reaped")
"""The events of everything that the reaper does."""


def gone(client: LiveKitClient) -> bool:
    return client.disconnected_at is not None


async def test_orphaned_avatar_is_removed_and_the_trainee_stays(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    room = await rig.room()
    agent, avatar, trainee = await rig.greeting(room)
    async with supervisor(rig.settings, pass_s=ROUND_S):
        await asyncio.sleep(2)  # passes that must change nothing
        assert not gone(avatar)
        await agent.leave()
        await until(lambda: gone(avatar), COUNTED_S, "the avatar was left in the room")
        await asyncio.sleep(1)  # passes that must keep the room
        assert not gone(trainee)
        assert await rig.there(room)
        said = logged(caplog, "avatar_left_behind")
        assert {(line["room"], line["avatar"]) for line in said} == {(room, "avatar")}


async def test_avatar_that_comes_back_is_removed_again(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    room = await rig.room()
    agent, avatar, trainee = await rig.greeting(room)
    async with supervisor(rig.settings, pass_s=1) as store:
        await store.open_outcome("o", room.rpartition("-")[2], '{"avatar_session_id": "b-1"}', 60)
        await agent.leave()
        await until(lambda: gone(avatar), COUNTED_S, "the avatar was left in the room")
        for _ in range(2):
            token = participant_token(rig.server, room, "avatar", speaks_for="agent")
            try:
                back = await rig.join(token)
            except rtc.ConnectError:
                continue  # a busy machine removed it before it had joined completely
            await until(lambda back=back: gone(back), COUNTED_S, "the avatar rejoined and stayed")
        await until(lambda: logged(caplog, "avatar_came_back"), COUNTED_S, "it was not logged")
    said = logged(caplog, "avatar_came_back")
    assert {(line["room"], line["avatar_session_id"]) for line in said} == {(room, "b-1")}
    assert not gone(trainee)


async def test_list_rooms_counts_trainees_and_everyone_who_publishes(rig: Rig) -> None:
    """The supervisor relies on it: an agent that publishes changes a count when it leaves."""
    name = await rig.room()
    rooms = LiveKitRooms(rig.settings)

    async def counts() -> tuple[int, int]:
        [room] = [room for room in await rooms.list_rooms() if room.name == name]
        return room.num_participants, room.num_publishers

    async def become(expected: tuple[int, int]) -> None:
        await until_answer(counts, lambda found: found == expected, COUNTED_S)

    try:
        agent, avatar, trainee = await rig.greeting(name, publishing=False)
        await become((1, 0))
        assert not (await rooms.participants(name)).counted
        for client in (agent, avatar):
            await publish(client)
        await become((1, 2))
        assert (await rooms.participants(name)).counted
        await agent.leave()
        await become((1, 1))
        await trainee.leave()
        await become((0, 1))
    finally:
        await rooms.aclose()


async def test_healthy_greeting_is_not_changed(
    product: Product, caplog: pytest.LogCaptureFixture
) -> None:
    settings = EndpointSettings.from_env(product.stage.environment)
    async with supervisor(settings):
        client, response, _ = await product.enter()
        assert await wait_for_opening(client) == shipped_script().opening
        await client.silence()
        # On a busy machine the avatar may come late, and takes over after the opening.
        await until(lambda: attribute(client, "greeting.mode") == "avatar", 60, "no avatar")
        [avatar] = await product.avatars(response["room_name"])
        assert avatar["left_at"] is None
        await client.press_continue()
        await product.paid_avatars_left(response["room_name"])
        outcome = await product.outcome(response["session_id"])
    assert (outcome["mode"], outcome["ended"]["reason"]) == ("avatar", "continue")
    removed = [line for name in _REMOVALS for line in logged(caplog, name)]
    assert not removed


async def stubborn_avatar(product: Product, room: str, client: LiveKitClient) -> LiveKitClient:
    """A second avatar of the same agent, which does not leave with it."""
    assert client.agent is not None
    livekit = product.stage.livekit
    assert livekit is not None
    pass_ = participant_token(livekit, room, "stubborn", speaks_for=client.agent.identity)
    return await product.join(livekit.url, pass_)


async def test_avatar_of_a_killed_job_is_removed_at_once_and_another_agent_joins(
    product: Product,
) -> None:
    """The worker notices the dead job and removes both."""
    client, response, _ = await product.enter()
    room, session_id = response["room_name"], response["session_id"]
    await client.hears(after=0)
    assert client.agent is not None
    dead = client.agent.identity
    stubborn = await stubborn_avatar(product, room, client)
    await product.has_saved(session_id, SAVED_AVATAR)
    killed_at, killed_at_date = time.monotonic(), time.time()
    os.kill(product.job_process(session_id), signal.SIGKILL)
    # The next agent's avatar belongs there.
    await product.paid_avatars_left(room, AT_ONCE_S, created_before=killed_at_date)
    left_s = killed_at + AT_ONCE_S - time.monotonic()
    await until(lambda: gone(stubborn), left_s, "the avatar was left in the room")

    def next_agent() -> str:
        return client.agent.identity if client.agent and client.agent.identity != dead else ""

    left_s = killed_at + NEXT_S - time.monotonic()
    await until(next_agent, left_s, "no other agent joined")
    await until(lambda: client.said(next_agent()), failure="the next agent said nothing")
    assert not gone(client), "the trainee was disconnected"
    [event] = [
        event
        for event in product.events("worker")
        if event.get("event") == "job_died" and event["room"] == room
    ]
    assert event["session_id"] == session_id


async def test_avatar_of_a_killed_worker_is_removed_within_30_s(
    product: Product, tmp_path: Path
) -> None:
    """Uses its own worker. The trainee has left too, so the room is deleted."""
    [health] = free_ports(1)
    name = "test-" + secrets.token_hex(3)
    room = room_name_of(name)
    env = {
        **product.stage.environment,
        "LIVEKIT_AGENT_NAME": name,
        "AGENT_HTTP_PORT": str(health),
        "ENDPOINT_URL": "",
    }
    log = tmp_path / "worker.log"
    livekit = product.stage.livekit
    assert livekit is not None
    async with child("agent", "start", env=env, log=log) as worker:
        await wait_until_ready("worker", f"http://127.0.0.1:{health}/", worker, log, 120)
        await product.livekit.room.create_room(
            api.CreateRoomRequest(
                name=room,
                empty_timeout=300,
                departure_timeout=300,
                agents=[api.RoomAgentDispatch(agent_name=name)],
            )
        )
        client = await product.join(livekit.url, participant_token(livekit, room, "trainee"))
        await client.hears(after=0)
        stubborn = await stubborn_avatar(product, room, client)
        await product.has_saved(name, SAVED_AVATAR)
        killed_at = time.monotonic()
        # Kill the worker and its jobs, like a lost machine.
        os.killpg(worker.pid, signal.SIGKILL)
        await client.leave()
        await product.paid_avatars_left(room, PROMISED_S)
        left_s = killed_at + PROMISED_S - time.monotonic()
        await until(lambda: gone(stubborn), left_s, "the avatar was left in the room")
        print(
            f"the avatar was gone {time.monotonic() - killed_at:.1f} s after its worker was killed"
        )
        await product.room_is_deleted(room, 2 * PASS_S + SLACK_S)
    [paid] = await product.avatars(room)
    removed = {
        (event["avatar"], event["avatar_session_id"])
        for event in product.events("endpoint")
        if event.get("event") == "avatar_left_behind" and event["session_id"] == name
    }
    assert ("stubborn", paid["id"]) in removed
