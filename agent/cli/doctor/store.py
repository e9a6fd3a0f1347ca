"""Store: can it be used, and is it the endpoint's too."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

from agent.cli.doctor.answer import Caller, NoAnswer
from agent.cli.doctor.finding import Finding, failed, ok, skipped, warning
from agent.cli.doctor.folder import what_forbids
from agent.cli.doctor.given import Given, plain
from agent.core.errors import StoreError
from agent.core.settings import StoreSettings
from agent.store import Store, open_store

_FIX = {
    False: "STATE_DIR must be a folder that worker and endpoint may write, both of them; a "
    "store.sqlite3 in it that is damaged, or none of ours, must be moved away",
    True: "check REDIS_URL, that Redis runs, and the network between",
}


async def check(given: Given) -> AsyncIterator[Finding]:
    """Opened where it exists; nothing is made, for it would be this user's and not the worker's."""
    if lacking := given.lacks("STATE_DIR", "REDIS_URL"):
        yield skipped("store.usable", lacking)
        return
    settings = given.endpoint
    by_redis = settings.redis_url is not None
    if not by_redis and not (_file(settings)).exists():
        yield _not_there_yet(settings.state_dir)
        return
    try:
        store = await asyncio.to_thread(open_store, settings)
        try:
            await store.phase("doctor")
        finally:
            await _close(store)
    except StoreError as e:
        yield failed("store.usable", str(e), _FIX[by_redis])
        return
    if by_redis:
        yield ok("store.usable", "Redis answers at REDIS_URL")
    elif not os.access(_file(settings), os.W_OK):
        yield failed("store.usable", f"{_file(settings)} may not be written", _FIX[False])
    else:
        yield ok("store.usable", f"the store in {settings.state_dir} can be read and written")


def _not_there_yet(folder: Path) -> Finding:
    if there := what_forbids(folder):
        return failed(
            "store.usable", f"STATE_DIR cannot be made: {there} is no folder we may write",
            _FIX[False],
        )  # fmt: skip
    return ok("store.usable", f"{folder} can be written; it is made at the first start")


async def check_shared(given: Given, caller: Caller) -> AsyncIterator[Finding]:
    """Tell the endpoint that a session nobody has is over, and look whether we know it, too.

    What was told is forgotten again; where the stores are two, the endpoint's after RETENTION_DAYS.
    """
    check = "store.shared"
    if lacking := given.lacks("STATE_DIR", "REDIS_URL", "PLATFORM_API_KEY"):
        yield skipped(check, lacking)
        return
    settings = given.endpoint
    if settings.redis_url is None and not _file(settings).exists():
        yield failed(
            check,
            f"the endpoint runs, but {settings.state_dir} holds no store: it keeps another",
            "give worker and endpoint the same STATE_DIR (an absolute path), or one REDIS_URL",
        )
        return
    session = f"doctor-{secrets.token_hex(6)}"
    url = f"{given.worker.endpoint_url.rstrip('/')}/api/users/sessions/{session}"
    try:
        answer = await caller.ask(
            "the endpoint",
            "POST",
            f"{url}/avatar-greeting/end/",
            headers={
                "X-API-Key": plain(settings.platform_api_key),
                "Content-Type": "application/json",
            },
            body=b'{"reason": "doctor"}',
        )
    except NoAnswer as e:
        yield warning(check, f"the endpoint: {e.what}", e.fix)
        return
    if answer.status != 200:
        yield warning(
            check,
            f"the endpoint could not end a session (HTTP {answer.status})",
            "it cannot reach LiveKit or its store: look at its log",
        )
        return
    try:
        store = await asyncio.to_thread(open_store, settings)
        try:
            known = await store.end_reason(session)
            await store.forget_session(session)
        finally:
            await _close(store)
    except StoreError:
        yield skipped(check, "the store cannot be used: see above")
        return
    if known == "doctor":
        yield ok(check, "the endpoint keeps the same store as these settings")
    else:
        yield failed(
            check,
            "the endpoint keeps another store than these settings name: outcomes and the day's "
            "budget are counted twice",
            "give worker and endpoint the same STATE_DIR (an absolute path), or one REDIS_URL",
        )


def _file(settings: StoreSettings) -> Path:
    return settings.state_dir / "store.sqlite3"


async def _close(store: Store) -> None:
    try:
        await store.aclose()
    except StoreError:
        pass
