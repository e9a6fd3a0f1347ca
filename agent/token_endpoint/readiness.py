"""Readiness: whether this process can do its work, looked at every few seconds.

Ready means that the store and LiveKit have answered lately. "Lately" spans several looks, so that
one lost packet takes no replica out of service.
"""

from __future__ import annotations

import asyncio
import math
from typing import Final

from agent.core.background_task import BackgroundTask
from agent.core.errors import StoreError
from agent.core.settings import EndpointSettings
from agent.outcomes.avatar_budget import utc_day
from agent.store import Store
from agent.token_endpoint.livekit_rooms import LiveKitRooms
from agent.token_endpoint.metrics import (
    AVATAR_BUDGET_LEFT,
    AVATAR_SECONDS_TODAY,
    OUTCOMES_PENDING,
    REACHABLE,
)

EVERY_S: Final = 2.5
LATELY_S: Final = 15.0
_LOOK_TIMEOUT_S: Final = 5.0


class ReadinessCheck(BackgroundTask):
    """Used as an async context manager it looks beside the body. LiveKit is not asked by it: the
    reaper does so every few seconds, and `rooms` knows when it was last answered.

    Args:
        rooms, store: not closed by it.
        every_s, lately_s: see EVERY_S, LATELY_S.
    """

    task_name = "vitals"

    def __init__(
        self,
        rooms: LiveKitRooms,
        store: Store,
        settings: EndpointSettings,
        *,
        every_s: float = EVERY_S,
        lately_s: float = LATELY_S,
    ) -> None:
        self._rooms = rooms
        self._store = store
        self._minutes_per_day = settings.avatar_minutes_per_day
        self._delivers = bool(settings.outcome_webhook_url)
        """Else what waits is only kept, and nobody waits for it."""
        self._every_s = every_s
        self._lately_s = lately_s
        self._store_answered_at = -math.inf

    @property
    def store(self) -> bool:
        """It has answered lately."""
        return self._is_lately(self._store_answered_at)

    @property
    def livekit(self) -> bool:
        """It has answered lately."""
        return self._is_lately(self._rooms.answered_at)

    async def run(self) -> None:
        """Look until cancelled; that the store is away is the courier's to say."""
        while True:
            try:
                async with asyncio.timeout(_LOOK_TIMEOUT_S):
                    await self._look()
            except (StoreError, TimeoutError):
                pass
            REACHABLE.labels("store").set(self.store)
            REACHABLE.labels("livekit").set(self.livekit)
            await asyncio.sleep(self._every_s)

    async def _look(self) -> None:
        spent_s = await self._store.avatar_seconds(utc_day())
        pending = await self._store.pending_deliveries()
        OUTCOMES_PENDING.set(pending if self._delivers else 0)
        self._store_answered_at = asyncio.get_running_loop().time()
        AVATAR_SECONDS_TODAY.set(spent_s)
        budget_s = math.inf if self._minutes_per_day is None else self._minutes_per_day * 60
        AVATAR_BUDGET_LEFT.set(max(budget_s - spent_s, 0))

    def _is_lately(self, at: float) -> bool:
        return asyncio.get_running_loop().time() - at < self._lately_s
