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

from agent.demo.providers.faults import Faults

_CALLS_KEPT = 5_000
_INVALID_KEY = re.compile(r"\s*|(?:wrong|bad|invalid|revoked)\b.*", re.I)


@dataclass(frozen=True)
class Latency:
    """How long each provider takes before its first answer, in seconds."""

    bey_s: float = 0.0
    stt_s: float = 0.0
    llm_s: float = 0.0
    """To the first token; the words that follow come at 60 a second."""
    tts_s: float = 0.0
    """From text to the first byte of sound."""


LATENCIES = {"none": Latency(), "real": Latency(bey_s=0.05, stt_s=0.05, llm_s=0.15, tts_s=0.08)}


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
    latency: Latency
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=_CALLS_KEPT))
    """Every call to every provider, oldest first."""

    def record(self, provider: str, call: str, **detail: Any) -> Call:
        """Record a call that has just begun."""
        record = Call(provider=provider, call=call, at=time.time(), detail=detail)
        self.calls.append(record)
        return record


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


async def failing_answer(
    request: web.Request,
    faults: Faults,
    call: Call,
    *,
    of: str = "",
    shape: str = "",
    lasting: bool = False,
) -> web.StreamResponse | None:
    """The answer that a fault gives instead of the provider; None if there is no such fault.

    Args:
        of: the provider whose faults count, if not that of the call.
        shape: the provider whose errors look like this, if not that of the call.
        lasting: only faults without a count; a call of `doctor` uses none up.
    """
    of = of or call.provider
    if slow := faults.take(of, "delay", lasting=lasting):
        await asyncio.sleep(slow.value)
    fault = faults.take(of, "status", "huge", "hang", "refuse", "html", "empty", lasting=lasting)
    if fault is None:
        return None
    call.detail["fault"] = fault.name
    if fault.name in {"hang", "refuse"}:
        if fault.name == "hang":
            await hang(request)
        drop(request)
        return web.Response(status=500)  # never sent: the connection is gone
    if fault.name == "html":
        answer = web.Response(text="<html><body>It works!</body></html>", content_type="text/html")
    elif fault.name == "empty":
        answer = web.Response()
    elif fault.name == "huge":
        answer = web.Response(status=500, text="x" * 1_000_000)
    else:
        answer = refusal(shape or call.provider, fault.status or 500)
        if fault.value:
            answer.headers["Retry-After"] = f"{fault.value:g}"
    call.status = answer.status
    return answer


def is_invalid_key(key: str) -> bool:
    """True for a key that the stand-ins refuse: none at all, or one like `wrong-key`."""
    return _INVALID_KEY.fullmatch(key) is not None


_GOOGLE_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def refused(call: Call, status: int, message: str, *, shape: str = "") -> web.Response:
    """Refuse a call, in the shape in which its provider (or `shape`) does."""
    call.status = status
    return refusal(shape or call.provider, status, message)


def refusal(provider: str, status: int, message: str = "") -> web.Response:
    """An error in the provider's shape."""
    text = message or f"simulated {status}"
    body: dict[str, Any]
    if provider == "llm":
        name = _GOOGLE_STATUS.get(status, "UNKNOWN")
        body = {"error": {"code": status, "message": text, "status": name}}
    elif provider == "bey":
        body = {"detail": text}
    else:
        body = {"err_code": f"SIMULATED_{status}", "err_msg": text, "request_id": "simulated"}
    return web.json_response(body, status=status)


@contextlib.asynccontextmanager
async def serving(app: web.Application, port: int = 0) -> AsyncIterator[str]:
    """Serve an app on 127.0.0.1 until the block ends; yields its address, http://127.0.0.1:port."""
    # Handlers of hung calls and open WebSockets are cut off at the end, not waited for.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
