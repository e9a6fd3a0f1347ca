"""What the stand-ins share: settings, a record of calls, and faults that replace an answer."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import socket
import struct
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from agent.demo.providers.faults import PART_OF, Faults
from agent.demo.providers.speech import Recogniser, TurnDetector, Voice

_ERRORS = json.loads(Path(__file__).with_name("errors.json").read_text(encoding="utf-8"))
"""What each vendor answers to a wrong key, and calls the statuses of its errors."""
_VENDORS = {"bey": "bey", "stt": "deepgram", "aura": "deepgram"}
"""By provider, as faults name it; all others are Google's."""
_CALLS_KEPT = 5_000
_PIECE_S = 0.1
"""Of a voice's sound, in one message."""
_INVALID_KEY = re.compile(r"(?:wrong|bad|invalid|revoked)\b", re.I)


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


CALL = web.RequestKey("call", Call)
"""The call that a request is."""


@dataclass
class Shared:
    """What all stand-ins of a run have in common."""

    faults: Faults = field(default_factory=Faults)
    latency: float = float(os.environ.get("STAND_IN_LATENCY", "1"))
    """Scales the usual latencies of the providers. Only tests set the variable, to 0 for none."""
    voice: Voice = field(default_factory=Voice)
    recogniser: Recogniser = field(default_factory=Recogniser)
    detector: TurnDetector = field(default_factory=TurnDetector)
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=_CALLS_KEPT))
    """Every call to every provider, oldest first."""

    async def begin(self, request: web.Request, provider: str, key: str, **detail: Any) -> Call:
        """Record a call.

        Args:
            provider: whose call it is, as faults name it; a call of `aura` is recorded as `tts`.
            key: one like `wrong-key` is refused.
            detail: of the call.

        Raises:
            Answered: a fault replaces the answer, or the key is missing or refused.
        """
        method = "WS" if "Upgrade" in request.headers else request.method
        name = f"{method} {request.path}"
        call = Call(PART_OF.get(provider, provider), name, time.time(), detail=detail)
        self.calls.append(call)
        request[CALL] = call
        # Only `doctor` and the check of a session read: they use up no fault that is counted.
        lasting = method == "GET"
        if slow := self.faults.take(provider, "delay", lasting=lasting):
            await asyncio.sleep(slow.value)
        names = ("status", "huge", "hang", "refuse", "html", "empty")
        if fault := self.faults.take(provider, *names, lasting=lasting):
            call.detail["fault"] = fault.name
            if fault.status:
                raise refused(provider, fault.status, retry_after=fault.value)
            if fault.name == "hang":
                await hang(request)
            if fault.name in ("hang", "refuse"):
                drop(request)
                del request[CALL]
            # aiohttp needs a response, although the client has left after a drop.
            raise Answered(**_BROKEN.get(fault.name, {}))
        wrong = "no key" if not key.strip() else "invalid key" if _INVALID_KEY.match(key) else ""
        if wrong:
            raise refused(provider, *_ERRORS[_VENDORS.get(provider, "google")][wrong])
        return call


class Answered(web.HTTPException):
    """The handling of a call ends with this response."""

    def __init__(self, text: str = "", *, status: int = 200, **options: Any) -> None:
        self.status_code = status
        super().__init__(text=text, **options)


_BROKEN: dict[str, dict[str, Any]] = {
    "html": {"text": "<html><body>It works!</body></html>", "content_type": "text/html"},
    "huge": {"text": "x" * 1_000_000, "status": 500},
}


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


async def paced(
    request: web.BaseRequest, sound: bytes, rate: int, faults: Faults, provider: str
) -> AsyncIterator[bytes]:
    """Yield a sound in pieces, as the faults `slow` and `drop` change it."""
    slow, cut = faults.take(provider, "slow"), faults.take(provider, "drop")
    if cut:  # in the middle, however short it is
        sound = sound[: min(int(cut.value * rate) * 2, len(sound) // 4 * 2)]
    step = int(rate * _PIECE_S) * 2
    for start in range(0, len(sound), step):
        yield sound[start : start + step]
        if slow:
            await asyncio.sleep(_PIECE_S / slow.value)
    if cut:
        drop(request, reset=False)


async def hang(request: web.BaseRequest) -> None:
    """Wait until the peer closes the connection."""
    # aiohttp tells a handler only by the missing transport that the peer is gone.
    while request.transport is not None:  # noqa: ASYNC110
        await asyncio.sleep(0.05)


def refused(
    provider: str, status: int, message: object = "", *, code: str = "", retry_after: float = 0
) -> Answered:
    """An error in the shape of the provider (as faults name it); `code` is Deepgram's."""
    text, vendor = message or f"simulated {status}", _VENDORS.get(provider, "google")
    name = code or _ERRORS[vendor].get(str(status), "UNAVAILABLE")
    body: dict[str, Any] = {"detail": text}
    if vendor == "deepgram":
        body = {"err_code": name, "err_msg": text, "request_id": "simulated"}
    elif vendor == "google":
        body = {"error": {"code": status, "message": text, "status": name}}
    headers = {"Retry-After": f"{retry_after:g}"} if retry_after else None
    json_type = "application/json"
    return Answered(json.dumps(body), status=status, headers=headers, content_type=json_type)


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
    if call := request.get(CALL):
        call.status = response.status


def json_object(text: str) -> dict[str, Any]:
    """A message of the client; empty if it is not a JSON object."""
    try:
        message = json.loads(text)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
