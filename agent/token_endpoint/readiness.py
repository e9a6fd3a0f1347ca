"""Readiness: whether the store and LiveKit have answered in the last 15 s.

Several checks fit into that time, so one lost packet does not take a replica out of service.
"""

from __future__ import annotations

import asyncio
import math
from typing import Final

from agent.billing.budget import utc_day
from agent.core.errors import StoreError
from agent.core.log import logger
from agent.core.settings import EndpointSettings
from agent.core.tasks import BackgroundTask
from agent.store import Store, check_writable
from agent.token_endpoint.livekit_rooms import LiveKitRooms
from agent.token_endpoint.metrics import (
    AVATAR_BUDGET,
    AVATAR_BUDGET_LEFT,
    AVATAR_SECONDS_TODAY,
    OUTCOMES_PENDING,
    REACHABLE,
    STORE_LIMIT,
    STORE_USED,
    STORED_COUNTS,
)

CHECK_EVERY_S: Final = 5.0
READY_FOR_S: Final = 15.0
_CHECK_TIMEOUT_S: Final = 5.0
_COUNTS_EVERY_S: Final = 10.0


class ReadinessCheck(BackgroundTask):
    """Checks the store while its `async with` block runs, and updates the gauges.

    It does not call LiveKit: the supervisor does so every few seconds, and `rooms` knows when
    LiveKit last answered.

    Args:
        rooms, store: closed by the caller.
    """

    task_name = "readiness"

    def __init__(self, rooms: LiveKitRooms, store: Store, settings: EndpointSettings) -> None:
        self._rooms = rooms
        self._store = store
        self._minutes_per_day = settings.avatar_minutes_per_day
        self._delivers = bool(settings.outcome_webhook_url)
        self._store_answered_at = -math.inf
        self._counts_at = -math.inf
        self._counts: dict[str, float] = {}

    @property
    def store_answers(self) -> bool:
        return self._is_recent(self._store_answered_at)

    @property
    def livekit_answers(self) -> bool:
        return self._is_recent(self._rooms.answered_at)

    async def run(self) -> None:
        """Check until cancelled. The outcome delivery logs that the store does not answer."""
        while True:
            try:
                async with asyncio.timeout(_CHECK_TIMEOUT_S):
                    await self._check_store()
            except (StoreError, TimeoutError):
                pass
            REACHABLE.labels("store").set(self.store_answers)
            REACHABLE.labels("livekit").set(self.livekit_answers)
            await asyncio.sleep(CHECK_EVERY_S)

    async def _check_store(self) -> None:
        await check_writable(self._store)
        spent_s = await self._store.avatar_seconds(utc_day())
        pending = await self._store.pending_deliveries()
        # Without a webhook outcomes are only kept, and none is waiting for delivery.
        OUTCOMES_PENDING.set(pending if self._delivers else 0)
        self._store_answered_at = asyncio.get_running_loop().time()
        AVATAR_SECONDS_TODAY.set(spent_s)
        budget_s = math.inf if self._minutes_per_day is None else self._minutes_per_day * 60
        AVATAR_BUDGET.set(budget_s)
        AVATAR_BUDGET_LEFT.set(max(budget_s - spent_s, 0))
        if self._store_answered_at - self._counts_at >= _COUNTS_EVERY_S:
            self._counts_at = self._store_answered_at
            await self._read_counts()

    async def _read_counts(self) -> None:
        before, self._counts = self._counts, await self._store.counts()
        STORED_COUNTS.update(self._counts)
        if any(self._counts.get(name, 0.0) < count for name, count in before.items()):
            logger.warning(
                "the store has lost data: undelivered outcomes and the avatar minutes of today may "
                "be missing. Let Redis keep its data on disk and on replicas, or check STATE_DIR",
                extra={"event": "store_data_lost"},
            )
        try:
            space = await self._store.space()
        except StoreError:  # a managed Redis may refuse INFO
            STORE_LIMIT.set(math.inf)
            return
        STORE_USED.set(space.used_bytes)
        STORE_LIMIT.set(space.limit_bytes)

    def _is_recent(self, at: float) -> bool:
        return asyncio.get_running_loop().time() - at < READY_FOR_S
