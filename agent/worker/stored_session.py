"""What the store knows about a session before its greeting. A job greets without a store, too."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from agent.billing.budget import avatar_budget_is_used_up
from agent.core.errors import StoreError
from agent.core.job_metadata import JobMetadata
from agent.core.log import logger
from agent.core.settings import WorkerSettings
from agent.outcomes.earlier_greeting import EarlierGreeting, earlier_greeting
from agent.store import Store, open_store
from agent.telemetry.shared_metrics import STORE_ERRORS


@dataclass(frozen=True)
class StoredSession:
    store: Store | None
    """None if it cannot be opened."""
    earlier: EarlierGreeting
    budget_used_up: bool
    """True if today's avatar budget is used up."""


async def read_stored_session(settings: WorkerSettings, metadata: JobMetadata) -> StoredSession:
    store = await asyncio.to_thread(_open_store, settings)  # blocks for some milliseconds
    earlier, budget_used_up = await asyncio.gather(
        earlier_greeting(store, metadata.session_id),
        avatar_budget_is_used_up(store, settings.avatar_minutes_per_day),
    )
    return StoredSession(store, earlier, budget_used_up)


def _open_store(settings: WorkerSettings) -> Store | None:
    """Open the store for the outcome; the trainee is greeted even if it cannot be opened."""
    try:
        return open_store(settings)
    except StoreError as e:
        STORE_ERRORS.labels("open").inc()
        logger.error(
            "no outcome will be saved; check REDIS_URL or STATE_DIR",
            extra={"event": "store_not_opened", "error": str(e)},
        )
        return None
