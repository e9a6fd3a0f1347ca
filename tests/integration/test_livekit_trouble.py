"""LiveKit restarts, a room is deleted from outside, a token has expired."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from livekit import api, rtc

from agent.demo.livekit_server import ensure_binary, livekit_server
from agent.token_endpoint.tokens import generate_livekit_token, trainee_identity
from tests.support.conversation import wait_for_opening
from tests.support.product import Product, running_product
from tests.support.shipped_scripts import after_opening
from tests.support.waiting import holds_within, until, until_answer

AGAIN_S = 60.0
"""From LiveKit's return to the next agent's first word; clients reconnect with a backoff."""


async def test_livekit_restart_leads_to_a_new_greeting_with_one_avatar(
    tmp_path: Path,
) -> None:
    """It uses a product of its own, so that the rooms of other tests stay."""
    async with running_product(tmp_path) as product:
        server = product.stage.livekit
        assert server is not None
        client, response, _ = await product.enter()
        await client.hears(after=0)
        server.process.kill()
        await server.process.wait()
        back = livekit_server(
            await ensure_binary(),
            tmp_path / "livekit-again.log",
            port=urlsplit(server.url).port,
            key=(server.api_key, server.api_secret),
        )
        async with back:
            back_at = time.monotonic()
            await client.hears(after=back_at, timeout=AGAIN_S)
            await client.silence()

            def answered() -> bool:
                speakers = {who for who, _ in client.captions} - {client.me}
                return any("video" in after_opening(client.said(who)) for who in speakers)

            for _ in range(3):  # another agent may just be taking over
                await client.type("How long does the video take?")
                if await holds_within(answered, 20):
                    break
            assert answered(), client.captions

            async def paid() -> int:
                return sum(not a["left_at"] for a in await product.avatars(response["room_name"]))

            # The avatar of the lost agent may still be trying to reconnect.
            await until_answer(paid, lambda number: number == 1)
            await client.press_continue()
            await product.paid_avatars_left(response["room_name"])
            await client.leave()


async def test_deleted_room_ends_the_avatar_and_the_session_can_be_requested_again(
    product: Product,
) -> None:
    client, response, _ = await product.enter()
    await wait_for_opening(client)
    await product.livekit.room.delete_room(api.DeleteRoomRequest(room=response["room_name"]))
    await product.paid_avatars_left(response["room_name"])
    await until(lambda: client.disconnected_at is not None, 60, "the trainee is still connected")
    outcome = await product.outcome(response["session_id"])
    assert outcome["ended"]["reason"] == "room_closed"
    again = await product.ask(response["session_id"])
    assert again.status_code == 201
    client = await product.join(again.json()["server_url"], again.json()["participant_token"])
    await client.hears(after=0)


async def test_agent_leaves_a_room_that_was_deleted_before_it_joined(product: Product) -> None:
    logged = len(product.events("worker"))

    def left_early() -> bool:
        return any(
            entry.get("event") == "room_deleted_early"
            for entry in product.events("worker")[logged:]
        )

    rooms = []
    for _ in range(3):  # LiveKit may end the jobs of a busy worker before they join
        for delay_s in (0.0, 0.1, 0.2):  # before and after the job has got the address of the room
            room = (await product.ask()).json()["room_name"]
            rooms.append(room)
            await asyncio.sleep(delay_s)
            await product.livekit.room.delete_room(api.DeleteRoomRequest(room=room))
        if await holds_within(left_early, 20):
            break
    assert left_early()
    for room in rooms:
        await product.paid_avatars_left(room)
    events = [entry.get("event") for entry in product.events("worker")[logged:]]
    assert "greeting_started" not in events


async def test_expired_token_is_refused_and_a_new_one_works(
    product: Product,
) -> None:
    server = product.stage.livekit
    assert server is not None
    response = (await product.ask()).json()
    # LiveKit accepts a token for one minute after it has expired.
    old = generate_livekit_token(
        response["room_name"],
        "Ada",
        identity=trainee_identity(response["session_id"]),
        ttl=timedelta(minutes=-5),
        api_key=server.api_key,
        api_secret=server.api_secret,
    )
    with pytest.raises(rtc.ConnectError):
        await product.join(server.url, old)
    again = (await product.ask(response["session_id"])).json()
    client = await product.join(again["server_url"], again["participant_token"])
    await client.hears(after=0)
