"""Before the worker starts: is LiveKit there, and are we welcome?

livekit-agents 1.8.9 retries refused credentials for two minutes and then exits with code 0. Asked
here first, they end the worker at once, with a message.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

import aiohttp
from livekit import api

from agent.core.addresses import is_private_host
from agent.core.errors import LiveKitError, StartupError
from agent.core.livekit_errors import translate_livekit_errors
from agent.core.log import logger
from agent.core.settings import LiveKitSettings, StoreSettings, WorkerSettings

_CALL_TIMEOUT_S = 5.0
_RETRY_EVERY_S = 1.0
_LIVEKIT_CLOUD = ("LIVEKIT_AGENT_DEPLOYMENT", "LIVEKIT_AGENT_ID", "LIVEKIT_REMOTE_EOT_URL")
"""LiveKit Cloud sets these for the agents it runs."""


async def wait_for_livekit(settings: LiveKitSettings, timeout_s: float) -> None:
    """Return once LiveKit answers and accepts our key; wait for an absent server up to `timeout_s`.

    Raises:
        StartupError: the key is refused (at once), or the server cannot be reached in time.
    """
    deadline = time.monotonic() + timeout_s
    url = settings.livekit_url
    async with api.LiveKitAPI(
        url,
        settings.livekit_api_key,
        settings.livekit_api_secret.get_secret_value(),
        timeout=aiohttp.ClientTimeout(total=_CALL_TIMEOUT_S),
    ) as livekit:
        said = False
        while True:
            try:
                with translate_livekit_errors("ListRooms"):
                    await livekit.room.list_rooms(api.ListRoomsRequest(names=["-"]))
                return
            except LiveKitError as e:
                if e.status in {401, 403}:
                    raise StartupError(
                        f"LiveKit at {url} refuses LIVEKIT_API_KEY and LIVEKIT_API_SECRET: "
                        "take both from the same project's settings, and check this machine's clock"
                    ) from None
                problem = str(e)
            if time.monotonic() >= deadline:
                raise StartupError(
                    f"LiveKit at {url} cannot be reached within {timeout_s:g} s ({problem}): "
                    "check LIVEKIT_URL, that the server runs, and the network between"
                )
            if not said:
                said = True
                logger.warning(
                    "waiting for LiveKit at %s",
                    url,
                    extra={"problem": problem, "limit_s": timeout_s},
                )
            await asyncio.sleep(_RETRY_EVERY_S)


def is_unreachable_from_outside(settings: WorkerSettings) -> bool:
    """True where Beyond Presence, out on the internet, is given an address of this network."""
    host = urlsplit(settings.public_url).hostname or ""
    provider = urlsplit(settings.bey_api_url).hostname or ""
    return is_private_host(host) and not is_private_host(provider)


def warn_of_unreachable_url(settings: WorkerSettings) -> None:
    """Say so when Beyond Presence is given an address that it cannot reach."""
    if is_unreachable_from_outside(settings):
        logger.warning(
            "Beyond Presence cannot reach %s from the internet, so no avatar will join: "
            "set LIVEKIT_PUBLIC_URL to an address that is reachable from outside",
            settings.public_url,
        )


def warn_of_a_disk_that_does_not_last(settings: StoreSettings, environ: Mapping[str, str]) -> None:
    """Say so when outcomes are kept in a container of LiveKit Cloud, and would go with it."""
    if settings.redis_url is None and any(environ.get(name) for name in _LIVEKIT_CLOUD):
        logger.warning(
            "outcomes are kept in %s, on a disk of LiveKit Cloud that does not last: those not yet "
            "delivered are lost with this container. Set REDIS_URL",
            settings.state_dir,
        )
