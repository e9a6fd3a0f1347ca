"""The two workers of `make bench`, and how a greeting of each is requested and ended."""

from __future__ import annotations

import contextlib
import secrets
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator

from livekit import api

from agent.demo.livekit_server import free_ports
from agent.demo.processes import child, wait_until_ready
from tests.support.livekit_token import trainee_token
from tests.support.page_client import PageClient
from tests.support.product import Product
from tests.support.waiting import until

_REGISTERED_S = 60.0


class Contender(ABC):
    """One worker, and its greetings."""

    name: str
    pid: int
    """Of the worker's main process."""

    def __init__(self, product: Product) -> None:
        self._product = product

    @abstractmethod
    async def request(self) -> tuple[str, str, str]:
        """Request a greeting.

        Returns:
            An id with which to end it, LiveKit's address, and a token for the trainee.
        """

    @abstractmethod
    async def end(self, greeting: str) -> None:
        """End a greeting."""

    async def enter(self) -> tuple[PageClient, str]:
        """Request a greeting and join it at once.

        Returns:
            The client in the room, and the greeting's id.
        """
        greeting, url, token = await self.request()
        client = PageClient()
        await client.join(url, token)
        return client, greeting


class TrainingGreeter(Contender):
    """Our worker, by way of the token endpoint."""

    name = "ours"

    def __init__(self, product: Product) -> None:
        super().__init__(product)
        self.pid = product.stage.children["worker"].pid

    async def request(self, **fields: object) -> tuple[str, str, str]:
        """Request a greeting as the platform's backend does."""
        session = secrets.token_hex(4)
        response = await self._product.ask(session, client="avatar-greeting", **fields)
        assert response.status_code == 201, response.text
        answer = response.json()
        return session, answer["server_url"], answer["participant_token"]

    async def end(self, greeting: str) -> None:
        await self._product.end(greeting)


class PlainWorker(Contender):
    """`plain_worker.py`, dispatched together with its room."""

    name = "plain worker"

    def __init__(self, product: Product, pid: int) -> None:
        super().__init__(product)
        self.pid = pid

    async def request(self) -> tuple[str, str, str]:
        room = f"plain-{secrets.token_hex(4)}"
        dispatch = api.RoomAgentDispatch(agent_name="plain-worker")
        await self._product.livekit.room.create_room(
            api.CreateRoomRequest(name=room, agents=[dispatch])
        )
        server = self._product.stage.livekit
        assert server is not None
        return room, server.url, trainee_token(server, room, name="Ada")

    async def end(self, greeting: str) -> None:
        await self._product.livekit.room.delete_room(api.DeleteRoomRequest(room=greeting))


@contextlib.asynccontextmanager
async def plain_worker(product: Product) -> AsyncIterator[PlainWorker]:
    """Run the plain worker until the block ends."""
    [health] = free_ports(1)
    env = {**product.stage.environment, "AGENT_HTTP_PORT": str(health)}
    log = product.logs / "plain.log"
    async with child("tests.bench.plain_worker", "start", env=env, log=log) as it:
        url = f"http://127.0.0.1:{health}/"
        await wait_until_ready("plain worker", url, it, log, _REGISTERED_S)
        # Its health page answers 200 before it has registered.
        await until(
            lambda: "registered worker" in log.read_text(), _REGISTERED_S, "it did not register"
        )
        yield PlainWorker(product, it.pid)
