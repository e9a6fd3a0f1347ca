"""What the stand-ins share: settings, a record of calls, and faults that replace an answer."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from agent.demo.providers.faults import Fault, Faults

_CALLS_KEPT = 5_000
_INVALID_KEY = re.compile(r"\s*|(?:wrong|bad|invalid|revoked)\b.*", re.I)


@dataclass
class Call:
    """One call to a provider, as `GET /calls` shows it: no key, no token."""

    provider: str
    call: str
    at: float
    """Seconds since the epoch."""
    status: int | None = None
    """None while unanswered, and if the connection was dropped."""
    detail: dict[str, Any] = field(default_factory=dict)
    """What was asked and said."""


@dataclass
class Shared:
    """What all stand-ins of a run have in common."""

    faults: Faults
    latency: float = 1.0
    """Scales the usual latencies of the providers; 0 for none."""
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=_CALLS_KEPT))
    """Every call to every provider, oldest first."""

    async def begin(
        self,
        request: web.Request,
        provider: str,
        name: str,
        *,
        of: str = "",
        shape: str = "",
        lasting: bool = False,
        **detail: Any,
    ) -> tuple[Call, web.StreamResponse | None]:
        """Record a call, and answer it if a fault replaces the answer.

        Args:
            provider: whose call it is.
            of: whose faults count, if not the provider's.
            shape: whose errors these are, if not the provider's.
            lasting: only faults without a count; a call of `doctor` uses none up.
            detail: of the call.
        """
        call = Call(provider=provider, call=name, at=time.time(), detail=detail)
        self.calls.append(call)
        request["call"] = call
        of = of or provider
        if slow := self.faults.take(of, "delay", lasting=lasting):
            await asyncio.sleep(slow.value)
        names = ("status", "huge", "hang", "refuse", "html", "empty")
        fault = self.faults.take(of, *names, lasting=lasting)
        if fault is None:
            return call, None
        call.detail["fault"] = fault.name
        return call, await _failure(request, fault, shape or provider)


async def _failure(request: web.Request, fault: Fault, shape: str) -> web.Response:
    """The answer that a fault gives instead of the provider."""
    if fault.name in {"hang", "refuse"}:
        if fault.name == "hang":
            await hang(request)
        drop(request)
        del request["call"]
        return web.Response()  # never sent: the connection is gone
    if fault.name == "html":
        return web.Response(text="<html><body>It works!</body></html>", content_type="text/html")
    if fault.name == "empty":
        return web.Response()
    if fault.name == "huge":
        return web.Response(status=500, text="x" * 1_000_000)
    answer = refusal(shape, fault.status or 500)
    if fault.value:
        answer.headers["Retry-After"] = f"{fault.value:g}"
    return answer


def drop(request: web.BaseRequest, *, reset: bool = True) -> None:
    """Close the connection of a request.

    Args:
        reset: the peer gets ECONNRESET and loses what it has not read yet; otherwise it can read
            what was sent before it finds the end.
    """
    if (transport := request.transport) is None:
        return
    peer = transport.get_extra_info("socket")
    if reset and peer is not None:
        with contextlib.suppress(OSError):
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def hang(request: web.BaseRequest) -> None:
    """Wait until the peer closes the connection."""
    # aiohttp tells a handler only by the missing transport that the peer is gone.
    while request.transport is not None:  # noqa: ASYNC110
        await asyncio.sleep(0.05)


def is_invalid_key(key: str) -> bool:
    """True for a key that the stand-ins refuse: none at all, or one like `wrong-key`."""
    return _INVALID_KEY.fullmatch(key) is not None


_GOOGLE_STATUS = {
    400: "INVALID_ARGUMENT",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
}
"""https://ai.google.dev/gemini-api/docs/troubleshooting"""
_DEEPGRAM_CODES = {
    400: "Bad Request",
    401: "INVALID_AUTH",
    402: "ASR_PAYMENT_REQUIRED",
    403: "INSUFFICIENT_PERMISSIONS",
    429: "TOO_MANY_REQUESTS",
}
"""https://developers.deepgram.com/docs/errors"""


def refusal(provider: str, status: int, message: str = "") -> web.Response:
    """An error in the provider's shape."""
    text = message or f"simulated {status}"
    body: dict[str, Any]
    if provider == "llm":
        name = _GOOGLE_STATUS.get(status, "UNAVAILABLE")
        body = {"error": {"code": status, "message": text, "status": name}}
    elif provider == "bey":
        body = {"detail": text}
    else:
        code = _DEEPGRAM_CODES.get(status, f"SIMULATED_{status}")
        body = {"err_code": code, "err_msg": text, "request_id": "simulated"}
    return web.json_response(body, status=status)


@contextlib.asynccontextmanager
async def serving(app: web.Application, port: int = 0) -> AsyncIterator[str]:
    """Serve an app on 127.0.0.1 until the block ends; yields its address, http://127.0.0.1:port."""
    app.on_response_prepare.append(_note_status)
    # Handlers of hung calls and open WebSockets are cut off at the end, not waited for.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def _note_status(request: web.Request, response: web.StreamResponse) -> None:
    if call := request.get("call"):
        call.status = response.status
