"""A webhook receiver: a real HTTP server that fails as configured and then accepts."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook

from agent.core.settings import StoreSettings
from agent.demo.providers.wire import serving

SECRET = "whsec_" + base64.b64encode(b"a key of thirty-two bytes, no less").decode()


@dataclass
class Receiver:
    """The received requests. The server answers with `answers` first, then with 204."""

    url: str = ""
    answers: list[int | str] = field(default_factory=list)
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        answer = self.answers.pop(0) if self.answers else 204
        async with self.arrived:
            self.requests.append(({k.lower(): v for k, v in request.headers.items()}, body))
            self.arrived.notify_all()
        if answer == "hang":
            await asyncio.sleep(30)
        if answer == "drop":
            assert request.transport is not None
            request.transport.abort()
        if answer == "redirect":
            return web.Response(status=308, headers={"Location": "/elsewhere"})
        return web.Response(status=int(answer), text="a body that must not be logged")

    async def has(self, count: int, timeout_s: float = 60) -> None:
        """Wait until this many requests have arrived."""
        async with asyncio.timeout(timeout_s), self.arrived:
            await self.arrived.wait_for(lambda: len(self.requests) >= count)

    def verified(self) -> list[dict[str, Any]]:
        """Return the messages, verified by the Standard Webhooks library."""
        return [Webhook(SECRET).verify(body, headers) for headers, body in self.requests]

    def ids(self) -> list[str]:
        return [json.loads(body)["data"]["id"] for _, body in self.requests]

    def settings(self, **more: str) -> StoreSettings:
        return StoreSettings.from_env(
            {"OUTCOME_WEBHOOK_URL": self.url, "OUTCOME_WEBHOOK_SECRET": SECRET, **more}
        )


@asynccontextmanager
async def receiver(*answers: int | str) -> AsyncIterator[Receiver]:
    """Serve on loopback. An answer is a status, `hang`, `drop` or `redirect`."""
    platform = Receiver(answers=list(answers))
    app = web.Application()
    app.router.add_post("/greetings", platform.take)
    app.router.add_route("*", "/elsewhere", platform.take)
    async with serving(app) as origin:
        platform.url = f"{origin}/greetings"
        yield platform
