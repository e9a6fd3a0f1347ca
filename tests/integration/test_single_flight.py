"""One greeter and one avatar a room, whatever is dispatched."""

from __future__ import annotations

import asyncio

from livekit import api

from tests.integration.client import until
from tests.integration.test_greeting import the_opening
from tests.product import Product


async def test_second_dispatch_leaves_before_it_pays_for_an_avatar(product: Product) -> None:
    client, ticket, _ = await product.enter()
    await until(lambda: client.agent is not None, 10, "nobody came")
    first = client.agent.identity
    await product.livekit.agent_dispatch.create_dispatch(
        api.CreateAgentDispatchRequest(agent_name="training-greeter", room=ticket["room_name"])
    )
    await the_opening(client)
    await until(
        lambda: [p for p in client.left if p.startswith("agent-")] != [], 15, "the second stayed"
    )
    assert client.agent.identity == first
    assert len(await product.here.stand_ins.sessions()) == 1


async def test_ten_starts_in_the_same_moment_are_ten_greetings(product: Product) -> None:
    answers = await asyncio.gather(*(product.ask(f"burst-{i}") for i in range(10)))
    assert [a.status_code for a in answers] == [201] * 10
    rooms = {a.json()["room_name"] for a in answers}

    async def greeters(room: str) -> int:
        return sum(who.startswith("agent-") for who in await product.participants(room))

    async def all_served() -> None:
        while [await greeters(room) for room in rooms] != [1] * 10:
            await asyncio.sleep(0.2)

    try:
        await asyncio.wait_for(all_served(), 14)
    finally:
        for i in range(10):
            await product.end(f"burst-{i}")
    sessions = await product.here.stand_ins.sessions()
    assert len({s["room"] for s in sessions}) == len(sessions), "a room was paid for twice"
