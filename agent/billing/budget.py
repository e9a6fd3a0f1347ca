"""Check the daily budget of avatar minutes (AVATAR_MINUTES_PER_DAY) against the ledger."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from agent.core.errors import StoreError
from agent.core.log import logger
from agent.store import Store
from agent.telemetry.shared_metrics import STORE_ERRORS

_TIMEOUT_S = 1.0
"""The trainee is waiting for the greeting to start."""


async def avatar_budget_is_used_up(store: Store | None, minutes_per_day: float | None) -> bool:
    """Return True if today's avatars have used up the budget; False if there is none.

    If the ledger cannot be read, the result is False: a store that fails costs some avatar
    minutes, and no trainee is greeted without an avatar because of it.
    """
    if minutes_per_day is None:
        return False
    try:
        if store is None:
            raise StoreError("the store is not open")
        async with asyncio.timeout(_TIMEOUT_S):
            return await store.avatar_seconds(utc_day()) >= minutes_per_day * 60
    except (StoreError, TimeoutError) as e:
        STORE_ERRORS.labels("avatar_budget").inc()
        logger.warning(
            "the avatar budget cannot be checked; using an avatar; check REDIS_URL or STATE_DIR",
            extra={"event": "avatar_budget_unreadable", "error": type(e).__name__},
        )
        return False


def utc_day() -> str:
    """Return today's date in UTC, as the ledger has it: `2026-03-02`."""
    return datetime.now(UTC).date().isoformat()
