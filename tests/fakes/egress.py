"""A fake of LiveKit's egress service that speaks its protocol (Twirp, protobuf)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import jwt
from aiohttp import web
from livekit import api

from agent.demo.providers.wire import serving

STATUS = api.EgressStatus


@dataclass
class EgressServer:
    """The received requests, and how the service answers."""

    url: str = ""
    secret: str = "the-livekit-secret-of-32-characters"
    refusal: tuple[int, str] | None = None
    """HTTP status and Twirp code of all answers; None to accept the requests."""
    status: int = STATUS.EGRESS_ACTIVE
    """Status of the only egress."""
    slow_s: float = 0.0
    """How long starting an egress takes, in seconds."""
    started: list[api.RoomCompositeEgressRequest] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        self.asked.append(method)
        token = request.headers["Authorization"].removeprefix("Bearer ")
        claims = jwt.decode(token, self.secret, algorithms=["HS256"])
        assert claims["video"]["roomRecord"] is True
        if self.refusal is not None:
            status, code = self.refusal
            body = {"code": code, "msg": f"egress says no to {token}"}
            return web.Response(
                status=status, text=json.dumps(body), content_type="application/json"
            )
        data = await request.read()
        if method == "StartRoomCompositeEgress":
            await asyncio.sleep(self.slow_s)
            self.started.append(api.RoomCompositeEgressRequest.FromString(data))
            self.status = STATUS.EGRESS_STARTING
        elif method == "StopEgress" and self.status in (
            STATUS.EGRESS_STARTING,
            STATUS.EGRESS_ACTIVE,
        ):
            self.status = STATUS.EGRESS_COMPLETE
        info = api.EgressInfo(
            egress_id="EG_1", status=self.status, started_at=int(time.time() * 1e9)
        )
        if self.status == STATUS.EGRESS_FAILED:
            info.error = "upload failed: key AKIA-SECRET was refused"
        answer = api.ListEgressResponse(items=[info]) if method == "ListEgress" else info
        return web.Response(body=answer.SerializeToString(), content_type="application/protobuf")


@contextlib.asynccontextmanager
async def egress_server() -> AsyncIterator[EgressServer]:
    """Serve until the block ends."""
    server = EgressServer()
    app = web.Application()
    app.router.add_post("/twirp/livekit.Egress/{method}", server.answer)
    async with serving(app) as server.url:
        yield server
