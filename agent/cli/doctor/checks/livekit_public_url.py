"""LiveKit's public address: whether Beyond Presence and browsers can reach it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from agent.cli.doctor.configuration import Configuration
from agent.cli.doctor.http_client import REQUEST_TIMEOUT_S, host_and_port
from agent.cli.doctor.result import CheckResult, failed, ok, skipped, warning
from agent.core.addresses import is_private_host
from agent.worker.preflight import is_unreachable_from_internet

_FIX = "set LIVEKIT_PUBLIC_URL to an address that is reachable from outside"


async def check(config: Configuration) -> AsyncIterator[CheckResult]:
    """Check the address only; nothing is sent."""
    if unusable := config.lacks("LIVEKIT_URL", "LIVEKIT_PUBLIC_URL", "BEY_API_URL"):
        yield skipped("outside.url", unusable)
        return
    settings = config.worker
    url = settings.public_url
    name = "LIVEKIT_PUBLIC_URL" if settings.livekit_public_url else "LIVEKIT_URL"
    if is_unreachable_from_internet(settings):
        yield failed(
            "outside.url",
            f"Beyond Presence must connect to {host_and_port(url)} ({name}), which is not "
            "reachable from the internet: no avatar will join",
            _FIX,
        )
        return
    host = urlsplit(url).hostname or ""
    if is_private_host(host):
        yield ok(
            "outside.url",
            f"{host_and_port(url)} is in this network, and so is the server of BEY_API_URL",
        )
        return
    try:
        async with asyncio.timeout(REQUEST_TIMEOUT_S):
            found = await asyncio.get_running_loop().getaddrinfo(
                host, None, type=socket.SOCK_STREAM
            )
    except (OSError, TimeoutError):
        yield failed(
            "outside.url",
            f"the name {host} ({name}) cannot be resolved",
            "check its spelling; browsers and Beyond Presence need it in the public DNS",
        )
        return
    addresses = {str(entry[4][0]) for entry in found}
    if private := sorted(a for a in addresses if is_private_host(a)):
        yield warning(
            "outside.url",
            f"{host} ({name}) is {private[0]} here, which is not reachable from the internet",
            f"if it has this address everywhere, no avatar will join: {_FIX}",
        )
    elif urlsplit(url).scheme == "ws":
        yield warning(
            "outside.url",
            f"{name} is ws://, which is not encrypted: browsers refuse it on https:// pages",
            "put TLS in front of LiveKit and use wss://",
        )
    else:
        yield ok("outside.url", f"Beyond Presence and browsers connect to {host_and_port(url)}")
