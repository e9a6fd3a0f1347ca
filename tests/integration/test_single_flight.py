"""One agent and one avatar per room, however many jobs are dispatched."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import time

import httpx
import pytest
from livekit import api

from tests.support.conversation import events_of, wait_for_opening
from tests.support.product import Product
from tests.support.waiting import until, until_answer


async def test_second_agent_leaves_before_it_requests_an_avatar(product: Product) -> None:
    client, response, _ = await product.enter()
    await until(lambda: client.agent is not None, 60, "no agent joined")
    first = client.agent.identity
    await product.livekit.agent_dispatch.create_dispatch(
        api.CreateAgentDispatchRequest(agent_name="training-greeter", room=response["room_name"])
    )
    await wait_for_opening(client)
    await until(
        lambda: "second_agent_left" in events_of(product, response["session_id"]),
        60,
        "the second agent stayed",
    )
    await until_answer(
        lambda: product.agents(response["room_name"]), lambda agents: agents == [first]
    )
    assert client.agent.identity == first
    assert await product.calls_for_avatars(response["room_name"]) == 1


async def test_participant_of_a_dead_agent_is_removed(product: Product) -> None:
    client, response, _ = await product.enter()
    await client.hears(after=0)
    dead, room = client.agent.identity, response["room_name"]
    os.kill(product.job_process(response["session_id"]), signal.SIGKILL)
    killed_at = time.monotonic()
    await product.livekit.agent_dispatch.create_dispatch(
        api.CreateAgentDispatchRequest(agent_name="training-greeter", room=room)
    )

    async def only_the_new_agent_is_there() -> bool:
        there = await product.agents(room)
        return len(there) == 1 and there[0] != dead

    # LiveKit itself shows a dead participant for about 20 s.
    left_s = killed_at + 18 - time.monotonic()
    await until_answer(only_the_new_agent_is_there, timeout_s=left_s)
    await client.hears(after=time.monotonic())

    async def avatars() -> int:
        there = await product.participants(room)
        return sum(identity.startswith("avatar-") for identity in there)

    await until_answer(avatars, lambda number: number == 1)


async def no_job_is_left(product: Product) -> None:
    """Wait until the worker runs no greeting of an earlier test."""
    async with httpx.AsyncClient(base_url=product.stage.worker_url) as http:
        # The field is missing if it is 0.
        await until_answer(
            lambda: http.get("/worker"), lambda answer: not answer.json().get("active_jobs")
        )


@pytest.mark.alone
async def test_ten_simultaneous_starts_are_ten_greetings(product: Product) -> None:
    await no_job_is_left(product)
    sessions = [f"burst-{secrets.token_hex(4)}" for _ in range(10)]
    answers = await asyncio.gather(*(product.ask(session) for session in sessions))
    assert [a.status_code for a in answers] == [201] * 10
    rooms = {a.json()["room_name"] for a in answers}

    async def agents() -> list[int]:
        await asyncio.sleep(0.3)  # asking takes the worker's time
        return [len(await product.agents(room)) for room in rooms]

    async def requests() -> list[int]:
        return [await product.calls_for_avatars(room) for room in rooms]

    try:
        await until_answer(agents, lambda found: found == [1] * 10, timeout_s=30)
        await until_answer(requests, all)
    finally:
        for session in sessions:
            await product.end(session)
    assert await requests() == [1] * 10
