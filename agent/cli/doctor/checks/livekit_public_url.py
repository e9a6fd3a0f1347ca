"""LiveKit's public address: whether Beyond Presence and browsers can reach it.

Chrome 142 and later asks the trainee before a public page may connect to a private address. It
refuses pages without https, and pages in an iframe without `allow="local-network-access"`
(https://github.com/WICG/local-network-access).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from agent.cli.doctor.configuration import Configuration
from agent.cli.doctor.http_client import REQUEST_TIMEOUT_S, host_and_port, https_url
from agent.cli.doctor.result import CheckResult, failed, ok, reports, skipped, warning
from agent.core.addresses import is_private_host, is_public_url
from agent.core.http_session import proxy_for
from agent.worker.preflight import is_unreachable_from_internet

_FIX = "set LIVEKIT_PUBLIC_URL to an address that is reachable from outside"


@reports("outside.url", needs=("LIVEKIT_URL", "LIVEKIT_PUBLIC_URL", "BEY_API_URL"))
async def check(config: Configuration) -> AsyncIterator[CheckResult]:
    """Check the address only; nothing is sent."""
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
    addresses = await _resolve(host)
    if not addresses:
        if proxy_for(https_url(url)):
            yield skipped("outside.url", f"only the proxy can resolve {host} ({name}) here")
            return
        yield failed(
            "outside.url",
            f"the name {host} ({name}) cannot be resolved",
            "check its spelling; browsers and Beyond Presence need it in the public DNS",
        )
        return
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


@reports("outside.private_network")
async def check_pages(config: Configuration) -> AsyncIterator[CheckResult]:
    """Warn if public pages must connect to a private address of LiveKit."""
    if config.lacks("CORS_ALLOWED_ORIGINS", "LIVEKIT_URL", "LIVEKIT_PUBLIC_URL"):
        return
    page = next(filter(is_public_url, config.endpoint.cors_allowed_origins), None)
    url = config.endpoint.public_url
    if page and await _is_private(urlsplit(url).hostname or ""):
        yield warning(
            "outside.private_network",
            f"pages of {page} must connect to {host_and_port(url)}, a private address of "
            "LiveKit: Chrome 142 and later asks the trainee for permission first, and other "
            "networks cannot reach it",
            "set LIVEKIT_PUBLIC_URL to a public wss:// address; if all trainees are in this "
            'network, serve the page over https, with allow="local-network-access" on an iframe',
        )


async def _is_private(host: str) -> bool:
    """Return whether a host is private by its name, or by the addresses that it has here."""
    return is_private_host(host) or any(map(is_private_host, await _resolve(host)))


async def _resolve(host: str) -> set[str]:
    """Return the addresses that a name has on this machine; none if it cannot be resolved."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(REQUEST_TIMEOUT_S):
            found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError):
        return set()
    return {str(entry[4][0]) for entry in found}
