"""One greeter and one avatar a room, whatever is dispatched."""

from __future__ import annotations

import asyncio

from livekit import api

from tests.integration.client import until
from tests.integration.test_greeting import the_opening
from tests.product import Product


async def greeters(product: Product, room: str) -> int:
    return sum(who.startswith("agent-") for who in await product.participants(room))


async def test_second_dispatch_leaves_before_it_pays_for_an_avatar(product: Product) -> None:
    client, ticket, _ = await product.enter()
    await until(lambda: client.agent is not None, 10, "nobody came")
    first = client.agent.identity
    await product.livekit.agent_dispatch.create_dispatch(
        api.CreateAgentDispatchRequest(agent_name="training-greeter", room=ticket["room_name"])
    )
    await the_opening(client)
    log = product.logs / "worker.log"
    await until(lambda: "another greeter was here first" in log.read_text(), 10, "it stayed")
    assert await greeters(product, ticket["room_name"]) == 1
    assert client.agent.identity == first
    assert len(await product.avatars(ticket["room_name"])) == 1


async def test_ten_starts_in_the_same_moment_are_ten_greetings(product: Product) -> None:
    answers = await asyncio.gather(*(product.ask(f"burst-{i}") for i in range(10)))
    assert [a.status_code for a in answers] == [201] * 10
    rooms = {a.json()["room_name"] for a in answers}

    async def all_served() -> None:
        while [await greeters(product, room) for room in rooms] != [1] * 10:
            await asyncio.sleep(0.2)

    try:
        await asyncio.wait_for(all_served(), 14)
    finally:
        for i in range(10):
            await product.end(f"burst-{i}")
    for room in rooms:
        assert len(await product.avatars(room)) <= 1, "a room was paid for twice"
