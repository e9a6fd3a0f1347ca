"""Find out whether a store can be written.

A replica of Redis, a full Redis and a full disk can still be read.
"""

from __future__ import annotations

import math
import secrets
import time
from typing import Final

from agent.store.interface import Store

_LEASE: Final = "writable"
_LEASE_S: Final = 1.0


async def check_writable(store: Store) -> None:
    """Write to the store; nothing of it stays.

    Raises:
        StoreError: it cannot be written.
    """
    holder = secrets.token_hex(8)
    await store.hold_lease(_LEASE, holder, _LEASE_S)
    await store.release_lease(_LEASE, holder)


class WritableCheck:
    """Writes to a store at intervals: an idle process must not fill its log of writes.

    Args:
        every_s: between two writes. After a failure, each call writes again.
    """

    def __init__(self, store: Store, every_s: float) -> None:
        self._store = store
        self._every_s = every_s
        self._written_at = -math.inf

    async def run(self) -> None:
        """Write if the last write is `every_s` old.

        Raises:
            StoreError: the store cannot be written.
        """
        if time.monotonic() < self._written_at + self._every_s:
            return
        self._written_at = -math.inf
        await check_writable(self._store)
        self._written_at = time.monotonic()
