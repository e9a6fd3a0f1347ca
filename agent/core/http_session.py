"""HTTP sessions and LiveKit's API client that use HTTPS_PROXY, HTTP_PROXY and NO_PROXY.

aiohttp ignores these variables by default. Jobs use livekit-agents' session, which
uses HTTPS_PROXY, but not NO_PROXY
(https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-agents/livekit/agents/worker.py).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from livekit import api

from agent.core.settings.shared import LiveKitSettings


def http_session(**options: Any) -> aiohttp.ClientSession:
    """Open a session; `options` are those of `aiohttp.ClientSession`."""
    return aiohttp.ClientSession(trust_env=True, **options)


def proxy_for(url: str) -> str:
    """Return the address of the proxy that requests to `url` use; empty for none."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return ""
    return getproxies().get(parts.scheme, "")


class LiveKitClient(api.LiveKitAPI):
    """LiveKit's server API with our settings. Create it in a running event loop."""

    def __init__(self, settings: LiveKitSettings, *, timeout_s: float) -> None:
        self._http = http_session(timeout=aiohttp.ClientTimeout(total=timeout_s))
        super().__init__(
            settings.livekit_url,
            settings.livekit_api_key,
            settings.livekit_api_secret.get_secret_value(),
            session=self._http,
        )

    async def aclose(self) -> None:
        await super().aclose()
        await self._http.close()
