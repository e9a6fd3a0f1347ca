"""HTTP sessions and LiveKit's API client that use HTTPS_PROXY, HTTP_PROXY and NO_PROXY.

aiohttp ignores these variables by default. Jobs use livekit-agents' session, which
uses HTTPS_PROXY, but not NO_PROXY
(https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-agents/livekit/agents/worker.py).
"""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from livekit import api
from yarl import URL

from agent.core.settings.shared import LiveKitSettings

_TOKEN_S = 600.0
"""Lifetime of a token for all rooms; it is replaced after half of it."""


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


class LiveKitClient(api.LiveKitAPI):
    """LiveKit's server API with our settings. Create it in a running event loop.

    Its proxy is looked up once: for each request, `trust_env` would read environment and netrc.
    """

    _all_rooms: api.LiveKitAPI | None = None
    _renew_at = 0.0

    def __init__(self, settings: LiveKitSettings, *, timeout_s: float) -> None:
        self._settings = settings
        proxy = URL(proxy_for(settings.livekit_url.replace("ws", "http", 1)))
        auth = aiohttp.BasicAuth(proxy.user, proxy.password or "") if proxy.user else None
        self._http = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=timeout_s),
            proxy=proxy.with_user(None) if proxy.host else None,
            proxy_auth=auth,
        )
        super().__init__(
            settings.livekit_url,
            settings.livekit_api_key,
            settings.livekit_api_secret.get_secret_value(),
            session=self._http,
        )

    def for_all_rooms(self) -> api.room_service.RoomService:
        """Return the service for CreateRoom and ListRooms, with one token for many calls.

        Signing a token takes as long as the rest of a call. Other calls need a token of one room.
        """
        now = time.monotonic()
        if self._all_rooms is None or now >= self._renew_at:
            settings = self._settings
            token = (
                api.AccessToken(
                    settings.livekit_api_key, settings.livekit_api_secret.get_secret_value()
                )
                .with_grants(api.VideoGrants(room_create=True, room_list=True))
                .with_ttl(timedelta(seconds=_TOKEN_S))
                .to_jwt()
            )
            self._renew_at = now + _TOKEN_S / 2
            self._all_rooms = api.LiveKitAPI(settings.livekit_url, token=token, session=self._http)
        return self._all_rooms.room

    async def aclose(self) -> None:
        await super().aclose()
        await self._http.close()
