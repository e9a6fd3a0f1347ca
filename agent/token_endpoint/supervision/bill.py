"""Once a day, the elected replica compares the avatar ledger with Beyond Presence.

It needs BEYOND_PRESENCE_API_KEY, which the endpoint uses for nothing else. `python -m agent bill`
lists the sessions that differ.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Final

from agent.billing.bill import Bill, compare_new_sessions
from agent.billing.budget import utc_day
from agent.core.errors import StoreError
from agent.core.http_session import http_session
from agent.core.log import logger
from agent.core.settings import EndpointSettings
from agent.core.tasks import BackgroundTask
from agent.store import Store
from agent.telemetry.shared_metrics import STORE_ERRORS
from agent.token_endpoint.supervision.leadership import Leadership

TRY_EVERY_S: Final = 600.0
"""Between two looks at the clock."""
_RETRY_S: Final = 3_600
"""After a failure. Other replicas wait this long, too."""
_LISTED_MAX: Final = 20


class BillCheck(BackgroundTask):
    """Runs while its `async with` block does.

    Args:
        store: closed by the caller.
        leadership: says whether this replica is the elected one.
    """

    task_name = "bill_check"

    def __init__(self, store: Store, settings: EndpointSettings, leadership: Leadership) -> None:
        self._store = store
        self._settings = settings
        self._leadership = leadership
        self._done_on = ""

    async def run(self) -> None:
        """Compare once a day, until cancelled."""
        if self._settings.beyond_presence_api_key is None:
            return
        while True:
            await self._compare_if_due()
            await asyncio.sleep(TRY_EVERY_S)

    async def _compare_if_due(self) -> None:
        day, hour = utc_day(), datetime.now(UTC).hour
        if self._done_on == day or not self._leadership.held:
            return
        try:
            if not await self._store.claim(f"bill/{day}/{hour}", _RETRY_S):
                return
            async with http_session() as http:
                bill = await compare_new_sessions(
                    self._store, self._settings, http, livekit_url=self._settings.public_url
                )
        except StoreError as e:
            STORE_ERRORS.labels("bill").inc()
            logger.warning(
                "the avatar ledger cannot be compared; trying again; check REDIS_URL or STATE_DIR",
                extra={"event": "bill_store_failed", "error": str(e)},
            )
            return
        self._log(bill)
        if bill.error is None:
            self._done_on = day

    def _log(self, bill: Bill) -> None:
        tolerance_s = self._settings.bill_tolerance_s
        if bill.added:
            logger.warning(
                "avatar sessions were missing from the ledger, and are added with 0 seconds; look "
                "for avatar_unanswered and avatar_call_retried in the workers' logs",
                extra={
                    "event": "bill_sessions_added",
                    "avatar_sessions": len(bill.added),
                    "avatar_session_ids": bill.added[:_LISTED_MAX],
                },
            )
        different = [one for one in bill.compared if one.result != "matches"]
        if different:
            logger.warning(
                "Beyond Presence counts other avatar seconds than the ledger; list the sessions "
                "with `python -m agent bill`",
                extra={
                    "event": "bill_differs",
                    **Counter(one.result for one in different),
                    "ours_s": round(sum(one.ours_s for one in different)),
                    "billed_s": round(sum(one.billed_s or 0 for one in different)),
                    "tolerance_s": tolerance_s,
                    "avatar_session_ids": [one.id for one in different[:_LISTED_MAX]],
                },
            )
        elif bill.compared:
            logger.info(
                "Beyond Presence counts the same avatar seconds as the ledger",
                extra={"event": "bill_matches", "avatar_sessions": len(bill.compared)},
            )
        if bill.error is not None:
            logger.warning(
                "the avatar ledger was not compared completely; trying again in an hour; see the "
                "error for what to check",
                extra={"event": "bill_check_failed", "error": str(bill.error)},
            )
