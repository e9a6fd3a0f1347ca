"""Outside: can those on the internet reach the LiveKit address they are given?"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from agent.cli.doctor.answer import CALL_S, shown
from agent.cli.doctor.finding import Finding, failed, ok, skipped, warning
from agent.cli.doctor.given import Given
from agent.core.addresses import is_private_host
from agent.worker.preflight import is_unreachable_from_outside

_FIX = "set LIVEKIT_PUBLIC_URL to an address that is reachable from outside"


async def check(given: Given) -> AsyncIterator[Finding]:
    """Of the address itself; nothing is sent."""
    if lacking := given.lacks("LIVEKIT_URL", "LIVEKIT_PUBLIC_URL", "BEY_API_URL"):
        yield skipped("outside.url", lacking)
        return
    settings = given.worker
    url = settings.public_url
    name = "LIVEKIT_PUBLIC_URL" if settings.livekit_public_url else "LIVEKIT_URL"
    if is_unreachable_from_outside(settings):
        yield failed(
            "outside.url",
            f"Beyond Presence is given {shown(url)} ({name}), which it cannot reach from the "
            "internet: no avatar will join",
            _FIX,
        )
        return
    host = urlsplit(url).hostname or ""
    if is_private_host(host):
        yield ok(
            "outside.url", f"{shown(url)} is of this network, and so is what BEY_API_URL names"
        )
        return
    try:
        async with asyncio.timeout(CALL_S):
            found = await asyncio.get_running_loop().getaddrinfo(
                host, None, type=socket.SOCK_STREAM
            )
    except (OSError, TimeoutError):
        yield failed(
            "outside.url",
            f"the name {host} ({name}) cannot be resolved",
            "check its spelling; trainees and Beyond Presence need it in public DNS",
        )
        return
    addresses = {str(entry[4][0]) for entry in found}
    if private := sorted(a for a in addresses if is_private_host(a)):
        yield warning(
            "outside.url",
            f"{host} ({name}) is {private[0]} here, which nobody reaches from the internet",
            f"if it is so everywhere, no avatar will join: {_FIX}",
        )
    elif urlsplit(url).scheme == "ws":
        yield warning(
            "outside.url",
            f"{name} is ws://, not encrypted: pages served by https:// may not use it",
            "put TLS in front of LiveKit and use wss://",
        )
    else:
        yield ok("outside.url", f"Beyond Presence and browsers are given {shown(url)}")
