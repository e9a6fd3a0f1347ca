"""The store keeps what must survive a process: in SQLite on one machine, in Redis on several.

`Store` is its interface. It has four parts: the phase of each session, claims, the outcome of each
greeting, and a ledger of avatar seconds per day. Only outcomes hold personal data. Forgetting a
session deletes its phase and its outcomes.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from agent.core.settings import StoreSettings
from agent.store.interface import (
    JOB_START_S,
    PRESUMED,
    LedgerEntry,
    Phase,
    RecentRequest,
    Store,
    StoreSpace,
    accepted_lease,
    dispatch_claim,
)
from agent.store.rates import Limit, LimitReached
from agent.store.redis import RedisStore
from agent.store.sqlite import SqliteStore
from agent.store.writable import check_writable

__all__ = [
    "JOB_START_S",
    "PRESUMED",
    "LedgerEntry",
    "Limit",
    "LimitReached",
    "Phase",
    "RecentRequest",
    "RedisStore",
    "SqliteStore",
    "Store",
    "StoreSpace",
    "accepted_lease",
    "check_writable",
    "dispatch_claim",
    "open_store",
    "sqlite_path",
    "store_name",
]


def open_store(settings: StoreSettings) -> Store:
    """Open Redis if REDIS_URL is set, else SQLite in STATE_DIR.

    Raises:
        StoreError: STATE_DIR is not writable, or REDIS_URL is not a Redis address.
    """
    if settings.redis_url is not None:
        return RedisStore(settings.redis_url.get_secret_value())
    return SqliteStore(sqlite_path(settings))


def store_name(settings: StoreSettings) -> str:
    """Name the store for an operator: the file, or the server without user and password."""
    if settings.redis_url is None:
        return str(sqlite_path(settings).absolute())
    url = urlsplit(settings.redis_url.get_secret_value())
    return urlunsplit((url.scheme, url.netloc.rpartition("@")[2], url.path, "", ""))


def sqlite_path(settings: StoreSettings) -> Path:
    """Return the file of the SQLite store; it may not exist yet."""
    return settings.state_dir / "store.sqlite3"
