"""Checks before the worker starts: scripts and store are usable, and LiveKit accepts our key.

livekit-agents 1.8.9 retries refused credentials for two minutes and then exits with code 0. This
check stops the worker at once, with a message.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from livekit import api

from agent.core.addresses import is_public_url
from agent.core.errors import LiveKitError, ScriptError, StartupError, StoreError
from agent.core.folders import why_unwritable
from agent.core.job_metadata import JobMetadata
from agent.core.livekit_api import LiveKitServerApi, translate_livekit_errors
from agent.core.log import logger
from agent.core.settings import (
    LiveKitSettings,
    LlmSettings,
    RecordingSettings,
    StoreSettings,
    WorkerSettings,
)
from agent.core.settings.spelling import warn_of_misspelled_settings
from agent.scripts import PROMPTS, load_library, script_for
from agent.store import check_writable, open_store

_CALL_TIMEOUT_S: Final = 5.0
_RETRY_EVERY_S: Final = 1.0
_LIVEKIT_CLOUD: Final = (
    "LIVEKIT_AGENT_DEPLOYMENT",
    "LIVEKIT_AGENT_ID",
    "LIVEKIT_REMOTE_EOT_URL",
)
"""Variables that LiveKit Cloud sets for the agents that it runs."""


def check_before_start(settings: WorkerSettings) -> None:
    """Run all checks, and wait for LiveKit up to STARTUP_TIMEOUT_S.

    Raises:
        StartupError, StoreError: the worker cannot start; the text says what to do.
    """
    warn_of_misspelled_settings(os.environ)
    check_scripts(PROMPTS)
    check_google_key(settings)
    check_recordings_dir(settings)
    asyncio.run(check_store(settings))
    asyncio.run(wait_for_livekit(settings, settings.startup_timeout_s))
    warn_of_unreachable_url(settings)
    warn_of_ephemeral_disk(settings, os.environ)


def check_scripts(root: Path) -> None:
    """Fill the script of a trainee of whom nothing is known.

    Without a script, the worker would register although each of its job processes fails.

    Raises:
        StartupError: no script can be used.
    """
    try:
        script_for(JobMetadata(), load_library(root))
    except ScriptError as e:
        raise StartupError(
            f"no script can be used: {e}. prompts/ belongs next to agent/; python -m agent prompts "
            "check lists what is wrong"
        ) from e


def check_recordings_dir(settings: RecordingSettings) -> None:
    """Check that recordings can be written.

    Raises:
        StartupError: they cannot.
    """
    if settings.recording == "worker" and (why := why_unwritable(settings.recordings_dir)):
        raise StartupError(f"RECORDINGS_DIR cannot be used: {why}; set it to another folder")


def check_google_key(settings: LlmSettings) -> None:
    """Check that the key file of Vertex AI can be read; without it, no model replies.

    Raises:
        StartupError: it cannot be read.
    """
    path = settings.google_application_credentials
    if settings.google_genai_use_vertexai and path and not os.access(path, os.R_OK):
        raise StartupError(
            f"this user cannot read {path} (GOOGLE_APPLICATION_CREDENTIALS): correct the path or "
            "the file's mode; in a container, mount the file there"
        )


async def check_store(settings: StoreSettings) -> None:
    """Open the store and write to it.

    A Redis server that does not answer is only logged: greetings run without it.

    Raises:
        StoreError: STATE_DIR cannot be used, or REDIS_URL is not a Redis address.
    """
    store = open_store(settings)
    try:
        await check_writable(store)
    except StoreError as e:
        logger.error(
            "the store cannot be used; greetings run, but outcomes are lost until it can. Check "
            "REDIS_URL or STATE_DIR, or run: python -m agent doctor",
            extra={"event": "store_unreachable", "error": str(e)},
        )
    finally:
        with contextlib.suppress(StoreError):
            await store.aclose()


async def wait_for_livekit(settings: LiveKitSettings, timeout_s: float) -> None:
    """Return once LiveKit accepts our key; wait up to `timeout_s` for a server that is not there.

    Raises:
        StartupError: the key is refused (at once), or the server cannot be reached in time.
    """
    deadline = time.monotonic() + timeout_s
    url = settings.livekit_url
    waiting = False
    async with LiveKitServerApi(settings, timeout_s=_CALL_TIMEOUT_S) as livekit:
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
                    "check LIVEKIT_URL, that the server runs, the network between, and HTTPS_PROXY"
                )
            if not waiting:
                waiting = True
                logger.warning(
                    "waiting for LiveKit; check LIVEKIT_URL if this takes long",
                    extra={
                        "event": "waiting_for_livekit",
                        "url": url,
                        "problem": problem,
                        "limit_s": timeout_s,
                    },
                )
            await asyncio.sleep(_RETRY_EVERY_S)


def is_unreachable_from_internet(settings: WorkerSettings) -> bool:
    """True if Beyond Presence, on the internet, would be given a private address of LiveKit."""
    return is_public_url(settings.bey_api_url) and not is_public_url(settings.public_url)


def warn_of_unreachable_url(settings: WorkerSettings) -> None:
    """Warn if Beyond Presence would be given an address that it cannot reach."""
    if is_unreachable_from_internet(settings):
        logger.warning(
            "Beyond Presence cannot reach LiveKit at this address, so no avatar will join: set "
            "LIVEKIT_PUBLIC_URL to an address that is reachable from the internet",
            extra={"event": "public_url_unreachable", "url": settings.public_url},
        )


def warn_of_ephemeral_disk(settings: StoreSettings, environ: Mapping[str, str]) -> None:
    """Warn if outcomes are stored on a disk that LiveKit Cloud discards with the container."""
    if settings.redis_url is None and any(environ.get(name) for name in _LIVEKIT_CLOUD):
        logger.warning(
            "outcomes are stored on a disk of LiveKit Cloud that is discarded with the container, "
            "and with it those not delivered yet: set REDIS_URL",
            extra={"event": "ephemeral_disk", "state_dir": str(settings.state_dir)},
        )
