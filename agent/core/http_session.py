"""HTTP sessions that use HTTPS_PROXY, HTTP_PROXY and NO_PROXY.

aiohttp ignores these variables by default. Jobs use livekit-agents' session, which
uses HTTPS_PROXY, but not NO_PROXY
(https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-agents/livekit/agents/worker.py).
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp


def http_session(**options: Any) -> aiohttp.ClientSession:
    """Open a session; `options` are those of `aiohttp.ClientSession`."""
    return aiohttp.ClientSession(trust_env=True, **options)


def proxy_for(url: str) -> str:
    """Return the address of the proxy that requests to `url` use; empty for none."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return ""
    return getproxies().get(parts.scheme, "")


async def read_at_most(response: aiohttp.ClientResponse, size: int) -> bytes:
    """Return the body; if it is longer than `size` bytes, only its first `size + 1`."""
    try:
        return await response.content.readexactly(size + 1)
    except asyncio.IncompleteReadError as e:
        return e.partial
