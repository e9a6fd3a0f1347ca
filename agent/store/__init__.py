"""The store: what must outlive a process. SQLite keeps it for one machine, Redis for several.

`Store` is the whole interface. It holds how far each session has come, which says nothing of
anybody, and the outcome of each greeting, which does: both go together when a session is forgotten.
Beside them is the ledger: how many seconds of avatars each day has cost.
"""

from __future__ import annotations

from agent.core.settings import StoreSettings
from agent.store.interface import PRESUMED, Phase, Store
from agent.store.redis import RedisStore
from agent.store.sqlite import SqliteStore

__all__ = ["PRESUMED", "Phase", "RedisStore", "SqliteStore", "Store", "open_store"]


def open_store(settings: StoreSettings) -> Store:
    """Redis where an address is given, else SQLite in the state directory.

    Raises:
        StoreError: the directory cannot be written, or the address is no Redis address.
    """
    if settings.redis_url is not None:
        return RedisStore(settings.redis_url.get_secret_value())
    return SqliteStore(settings.state_dir / "store.sqlite3")
