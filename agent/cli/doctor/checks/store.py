"""Store: whether it is usable, and whether worker and token endpoint share it.

They must share it: the worker writes ends, outcomes and used avatar minutes to the store, and the
token endpoint reads them there.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from agent.billing.budget import utc_day
from agent.cli.doctor.configuration import Configuration, plain
from agent.cli.doctor.http_client import HttpClient, host_and_port
from agent.cli.doctor.result import CheckResult, failed, ok, reports, skipped, warning
from agent.core.errors import StoreError
from agent.core.folders import exists, why_unwritable
from agent.core.settings import EndpointSettings
from agent.store import RedisStore, Store, check_writable, open_store, sqlite_path
from agent.store.sqlite_file import DAMAGED

_DAMAGE_SEARCH_S = 3.0
_REDIS_MIN = 5
"""Before Redis 5, a script that reads the clock may not write."""
_NEARLY_FULL = 0.85
_REDIS_FIX = (
    "check REDIS_URL (host and port; rediss:// if the server uses TLS, otherwise redis://), that "
    "Redis runs, and the network on the way"
)
_SQLITE_FIX = (
    "set STATE_DIR to a folder that both worker and token endpoint may write; if its "
    "store.sqlite3 is damaged or of another program, move it away"
)
_SHARE_FIX = (
    "give worker and token endpoint the same STATE_DIR (an absolute path, on one machine) or the "
    "same REDIS_URL: they exchange ends, outcomes and used avatar minutes through the store"
)


@reports("store.usable", needs=("STATE_DIR", "REDIS_URL"))
async def check(config: Configuration) -> AsyncIterator[CheckResult]:
    """Open the store if it exists. A new one would belong to this user, not to the worker's."""
    settings = config.endpoint
    if settings.redis_url is None and not exists(sqlite_path(settings)):
        yield _not_created_yet(settings.state_dir)
        return
    try:
        store = await asyncio.to_thread(open_store, settings)
    except StoreError as e:
        yield _not_usable(str(e), settings)
        return
    try:
        async for result in _check_opened(store, settings):
            yield result
    finally:
        await _close(store)


async def _check_opened(store: Store, settings: EndpointSettings) -> AsyncIterator[CheckResult]:
    minutes, spent_s = settings.avatar_minutes_per_day, 0.0
    try:
        await check_writable(store)
        if minutes is not None:
            spent_s = await store.avatar_seconds(utc_day())
    except StoreError as e:
        where = f"{host_and_port(plain(settings.redis_url))}: " if settings.redis_url else ""
        yield _not_usable(f"{where}{e}", settings)
        return
    if isinstance(store, RedisStore):
        yield ok("store.usable", "Redis answers at REDIS_URL")
        yield await _redis(store)
    elif damage := await asyncio.to_thread(_damage, sqlite_path(settings)):
        yield failed("store.usable", f"{sqlite_path(settings)} is damaged: {damage}", DAMAGED)
    else:
        yield ok("store.usable", f"the store in {settings.state_dir} can be read and written")
    yield await _fingerprint(store, only_counts=settings.only_counts)
    if minutes is not None:
        yield _budget(minutes, spent_s)


def _not_usable(why: str, settings: EndpointSettings) -> CheckResult:
    """Use the advice at the end of the error, if it has one."""
    what, _, advice = why.partition("; ")
    return failed(
        "store.usable", what, advice or (_REDIS_FIX if settings.redis_url else _SQLITE_FIX)
    )


def _budget(minutes: float, spent_s: float) -> CheckResult:
    """Report AVATAR_MINUTES_PER_DAY: without minutes, greetings are by voice."""
    check = "avatar.budget"
    if minutes == 0:
        return warning(
            check,
            "AVATAR_MINUTES_PER_DAY is 0: all greetings are by voice",
            "raise it, or leave it empty for no budget",
        )
    used = f"{spent_s / 60:.0f} of today's {minutes:g} avatar minutes are used"
    if spent_s >= minutes * 60:
        return warning(
            check,
            f"{used}: greetings are by voice until 00:00 UTC",
            "raise AVATAR_MINUTES_PER_DAY for worker and token endpoint, and restart both",
        )
    return ok(check, used)


def _not_created_yet(folder: Path) -> CheckResult:
    if why := why_unwritable(folder):
        return failed("store.usable", f"STATE_DIR ({folder}) cannot be used: {why}", _SQLITE_FIX)
    return ok("store.usable", f"{folder} can be written; the first start creates the store")


def _damage(file: Path) -> str:
    """Return the first damage in an SQLite file; empty if none was found in time.

    A damaged page is not noticed before it is read.
    """
    until = time.monotonic() + _DAMAGE_SEARCH_S
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)) as db:
            db.set_progress_handler(lambda: time.monotonic() > until, 10_000)
            found: str = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.OperationalError:
        return ""  # no time left, or another process keeps it locked
    except sqlite3.DatabaseError as e:
        return str(e)
    return "" if found == "ok" else found.splitlines()[-1]


async def _fingerprint(store: Store, *, only_counts: bool) -> CheckResult:
    """Identify the store and OUTCOME_DETAIL, to compare the reports of worker and token endpoint.

    A process with another OUTCOME_DETAIL would send what the other one does not.
    """
    check = "store.fingerprint"
    try:
        identity = await store.identity()
    except StoreError:
        return skipped(check, "the store does not identify itself")
    if only_counts:
        identity += "|aggregate"
    fingerprint = hashlib.sha256(identity.encode()).hexdigest()[:8]
    return ok(
        check,
        f"{fingerprint}: doctor must print the same for worker and token endpoint, which exchange "
        "ends, outcomes and used avatar minutes through the store, with the same OUTCOME_DETAIL",
    )


async def _redis(store: RedisStore) -> CheckResult:
    """Check version, eviction policy and memory of Redis."""
    check = "store.redis"
    try:
        about = await store.info("server") | await store.info("memory")
    except StoreError:
        return skipped(check, "Redis does not say how it is configured: it refuses INFO")
    version = about.get("redis_version", "")
    if version and _major(version) < _REDIS_MIN:
        return failed(
            check,
            f"this is Redis {version}; the store needs {_REDIS_MIN} or later",
            "upgrade Redis",
        )
    if about.get("redis_mode") == "cluster":
        return failed(
            check,
            "this is a Redis cluster: the store's scripts use keys of several slots",
            "use one server, or a primary with replicas",
        )
    policy = about.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        return warning(
            check,
            f"Redis deletes data when its memory is full (maxmemory-policy {policy}): outcomes "
            "would be lost",
            "set maxmemory-policy noeviction",
        )
    used, limit = float(about.get("used_memory", 0)), float(about.get("maxmemory", 0))
    if limit and used / limit > _NEARLY_FULL:
        return warning(
            check,
            f"Redis uses {used / limit:.0%} of its maxmemory",
            "raise maxmemory or lower RETENTION_DAYS: outcomes cannot be saved when it is full",
        )
    return ok(check, f"Redis {version or '(unknown version)'} keeps data when its memory is full")


def _major(version: str) -> int:
    number = version.partition(".")[0]
    return int(number) if number.isdigit() else _REDIS_MIN


@reports(
    "store.shared", needs=("STATE_DIR", "REDIS_URL", "PLATFORM_API_KEY"), address="ENDPOINT_URL"
)
async def check_shared(config: Configuration, http: HttpClient) -> AsyncIterator[CheckResult]:
    """End a session that does not exist at the token endpoint, and look for the end in the store.

    The end is deleted afterwards. If there are two stores, the token endpoint's deletes it after
    RETENTION_DAYS.
    """
    check = "store.shared"
    settings = config.endpoint
    if settings.redis_url is None and why_unwritable(settings.state_dir):
        yield skipped(check, "the store is not usable: see above")
        return
    if settings.redis_url is None and not exists(sqlite_path(settings)):
        yield failed(
            check,
            f"the token endpoint runs, but there is no store in {settings.state_dir}: it uses "
            "another one",
            _SHARE_FIX,
        )
        return
    session = f"doctor-{secrets.token_hex(6)}"
    url = f"{config.worker.endpoint_url.rstrip('/')}/api/users/sessions/{session}"
    key = plain(settings.platform_api_key)
    response = await http.request(
        "the token endpoint",
        "POST",
        f"{url}/avatar-greeting/end/",
        headers={"X-API-Key": key, "Content-Type": "application/json"},
        body=b'{"reason": "doctor"}',
    )
    if response.status != 200:
        yield warning(
            check,
            f"the token endpoint could not end a session (HTTP {response.status})",
            "it cannot reach LiveKit or its store: check its log",
        )
        return
    try:
        store = await asyncio.to_thread(open_store, settings)
        try:
            reason = await store.end_reason(session)
            await store.forget_session(session)
        finally:
            await _close(store)
    except StoreError:
        yield skipped(check, "the store is not usable: see above")
        return
    if reason == "doctor":
        yield ok(check, "the token endpoint uses the same store as these settings")
    else:
        yield failed(
            check,
            "the token endpoint uses another store than these settings: ended sessions may be "
            "greeted again, and outcomes are incomplete",
            _SHARE_FIX,
        )


async def _close(store: Store) -> None:
    with contextlib.suppress(StoreError):
        await store.aclose()
