"""Telling the token endpoint that a greeting is over, and why.

What ended on purpose stays ended, so that browser-back buys no second avatar; who lost a connection
or a worker (`end_reasons.RESTARTABLE`) may be greeted again. The endpoint decides by the reason.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from urllib.parse import quote

import aiohttp
from livekit import api

from agent.core.log import logger
from agent.core.settings import WorkerSettings

_TIMEOUT_S = 2.0
_TOKEN_TTL = timedelta(seconds=60)


async def report_end(
    settings: WorkerSettings, *, session_id: str, room: str, room_sid: str, reason: str
) -> None:
    """POST the end to ENDPOINT_URL; does nothing where that is not set.

    A failure is logged and forgotten: the endpoint finds out by itself that the room is gone.
    """
    if not settings.endpoint_url:
        return
    token = (
        api.AccessToken(settings.livekit_api_key, settings.livekit_api_secret.get_secret_value())
        .with_kind("agent")
        .with_ttl(_TOKEN_TTL)
        .with_grants(api.VideoGrants(room_admin=True, room=room))
        .to_jwt()
    )
    base = settings.endpoint_url.rstrip("/")
    url = f"{base}/api/users/sessions/{quote(session_id, safe='')}/avatar-greeting/end/"
    try:
        async with (
            asyncio.timeout(_TIMEOUT_S),
            aiohttp.ClientSession() as http,
            http.post(
                url,
                headers={"Authorization": f"Bearer {token}"},
                json={"reason": reason, "room_sid": room_sid},
            ) as answer,
        ):
            if answer.status >= 400:
                logger.warning("the endpoint did not take the end", extra={"status": answer.status})
    except (aiohttp.ClientError, TimeoutError) as e:
        logger.warning(
            "the endpoint was not told of the end; check ENDPOINT_URL",
            extra={"error": type(e).__name__},
        )
