"""LiveKit's server API: a client with our settings, and its errors as LiveKitError."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import aiohttp
from google.protobuf.message import DecodeError
from livekit import api
from yarl import URL

from agent.core.errors import LiveKitError
from agent.core.http_session import proxy_for
from agent.core.settings.shared import LiveKitSettings

_TOKEN_S = 600.0
"""Lifetime of a token for all rooms; it is replaced after half of it."""


class LiveKitServerApi(api.LiveKitAPI):
    """LiveKit's server API with our settings. Create it in a running event loop.

    Its proxy is looked up once: for each request, `trust_env` would read environment and netrc.
    """

    _all_rooms: api.LiveKitAPI | None = None
    _signed_at = 0.0

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
        now = time.time()  # a token that a wrong clock signed is replaced once the clock is right
        if self._all_rooms is None or not 0 <= now - self._signed_at < _TOKEN_S / 2:
            settings = self._settings
            grants = api.VideoGrants(room_create=True, room_list=True)
            token = signed_token(settings, grants, ttl_s=_TOKEN_S)
            self._signed_at = now
            self._all_rooms = api.LiveKitAPI(settings.livekit_url, token=token, session=self._http)
        return self._all_rooms.room

    async def aclose(self) -> None:
        await super().aclose()
        await self._http.close()


def signed_token(
    settings: LiveKitSettings, grants: api.VideoGrants, *, ttl_s: float, identity: str = ""
) -> str:
    """Sign a token with LiveKit's current key; only one to join a room needs an identity."""
    secret = settings.livekit_api_secret.get_secret_value()
    token = api.AccessToken(settings.livekit_api_key, secret).with_identity(identity)
    return token.with_ttl(timedelta(seconds=ttl_s)).with_grants(grants).to_jwt()


@contextmanager
def translate_livekit_errors(call: str, *, ignore_not_found: bool = False) -> Iterator[None]:
    """Translate what LiveKit's API raises in the block into LiveKitError.

    LiveKit's own text is left out, because its 401 repeats the token. With `ignore_not_found`, what
    the call removes may be gone already.
    """
    try:
        yield
    except api.ServerError as e:
        if ignore_not_found and e.code == api.ServerErrorCode.NOT_FOUND:
            return
        answer = f"{call}: LiveKit answered {e.status} {e.code}"
        if e.status in (401, 403):
            answer += "; check LIVEKIT_API_KEY, LIVEKIT_API_SECRET and this machine's clock"
        raise LiveKitError(answer, status=e.status, code=str(e.code)) from None
    except (aiohttp.ClientError, TimeoutError, OSError, DecodeError) as e:
        why = type(e).__name__
        if isinstance(e, aiohttp.ClientConnectorCertificateError):
            why = "its TLS certificate has expired, or is not trusted"
        raise LiveKitError(f"{call}: LiveKit was not reached ({why})") from None
