"""Find out whether a store can be written.

A replica of Redis, a full Redis and a full disk can still be read.
"""

from __future__ import annotations

import secrets
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
