"""The running product, once for all tests of this folder, and clients to walk in with."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from livekit import api

from agent.demo.stage import Stage, stage
from tests.integration.client import Client


@dataclass
class Product:
    """The stage, and what a platform's backend does with it."""

    here: Stage
    logs: Path
    http: httpx.AsyncClient
    livekit: api.LiveKitAPI
    clients: list[Client] = field(default_factory=list)

    async def join(self, url: str, token: str) -> Client:
        """Walk into a room; the test's end leads everybody out."""
        client = Client()
        self.clients.append(client)
        await client.join(url, token)
        return client

    async def clear(self) -> None:
        """Nobody in any room, no faults, no records: the next test starts as the first did."""
        await asyncio.gather(*(client.leave() for client in self.clients))
        self.clients.clear()
        listed = await self.livekit.room.list_rooms(api.ListRoomsRequest())
        for room in listed.rooms:
            await self.livekit.room.delete_room(api.DeleteRoomRequest(room=room.name))
        assert self.here.stand_ins is not None
        await self.here.stand_ins.reset()

    async def ask(self, session_id: str | None = None, **body: object) -> httpx.Response:
        """POST avatar-greeting as the platform's backend."""
        session = session_id or secrets.token_hex(4)
        return await self.http.post(
            f"/api/users/sessions/{session}/avatar-greeting/",
            json={"trainee": {"id": "7", "name": "Ada"}, **body},
        )

    async def enter(self, **body: object) -> tuple[Client, dict[str, str], float]:
        """Ask for a greeting and walk in; also time.monotonic() before asking."""
        asked_at = time.monotonic()
        answer = await self.ask(**body)
        assert answer.status_code == 201, answer.text
        ticket = answer.json()
        client = await self.join(ticket["server_url"], ticket["participant_token"])
        return client, ticket, asked_at

    async def end(self, session_id: str) -> httpx.Response:
        return await self.http.post(
            f"/api/users/sessions/{session_id}/avatar-greeting/end/", json={"reason": "continue"}
        )

    async def participants(self, room: str) -> list[str]:
        """Identities in a room; empty when there is no such room."""
        try:
            answer = await self.livekit.room.list_participants(
                api.ListParticipantsRequest(room=room)
            )
        except api.TwirpError:
            return []
        return [p.identity for p in answer.participants]

    async def room_exists(self, room: str) -> bool:
        answer = await self.livekit.room.list_rooms(api.ListRoomsRequest(names=[room]))
        return bool(answer.rooms)


@pytest.fixture(scope="session")
async def product(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    keep = os.environ.get("KEEP_LOGS_IN")
    logs = Path(keep) if keep else tmp_path_factory.mktemp("logs")
    logs.mkdir(parents=True, exist_ok=True)
    async with stage(logs, extra={"LIVEKIT_LOG_LEVEL": "DEBUG"}) as here:
        assert here.livekit is not None
        async with (
            httpx.AsyncClient(
                base_url=here.endpoint_url,
                headers={"X-API-Key": here.environment["PLATFORM_API_KEY"]},
                timeout=15,
            ) as http,
            api.LiveKitAPI(
                here.livekit.url, here.livekit.api_key, here.livekit.api_secret
            ) as livekit,
        ):
            yield Product(here, logs, http, livekit)


@pytest.fixture(autouse=True)
async def clean_stage(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """Each test that plays on the stage leaves it empty."""
    yield
    if "product" in request.fixturenames:
        product: Product = request.getfixturevalue("product")
        await product.clear()


@pytest.fixture(scope="session")
def recordings() -> dict[str, Path]:
    """Recordings of people speaking, from the moonshine wheel (read from books, in English)."""
    import moonshine_voice

    assets = Path(moonshine_voice.__file__).parent / "assets"
    found = {path.stem: path for path in assets.glob("*.wav")}
    assert found, f"no recordings in {assets}"
    return found
