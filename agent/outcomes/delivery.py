"""Send outcomes to the platform, close expired ones, and delete old ones.

Worker and token endpoint run it, in any number of processes: the store reserves each due outcome
for one of them. Delivery is at least once. It is tried until RETENTION_DAYS deletes the outcome; a
repeated outcome has the same `webhook-id`.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp

from agent.billing.budget import utc_day
from agent.core.errors import StoreError, WebhookError
from agent.core.http_session import http_session
from agent.core.log import logger
from agent.core.settings import StoreSettings
from agent.core.tasks import BackgroundTask
from agent.outcomes.aggregate import COUNTS_SESSION, counts_message, is_counts_message
from agent.outcomes.expired import ExpiredOutcomes
from agent.outcomes.outcome import session_id_in
from agent.outcomes.webhook import TIMEOUT_S, post_outcome
from agent.store import Store, check_writable
from agent.telemetry.shared_metrics import (
    DELETION_ERRORS,
    DELETION_TIME,
    OUTCOME_POSTS,
    STORE_ERRORS,
)

_JITTER = 0.2
_BATCH = 10
_RESERVE_MARGIN_S = 10.0
"""Time for the store calls of a delivery, before another process may try the same outcome."""
_DELETE_EVERY_S = 3600.0
_DELETE_RETRY_S = 300.0
_DAY_S = 86_400.0
_WRITABLE_EVERY_S = 10.0
"""An idle process must not fill the store's log of writes."""
_COUNTS_LEASE_S = 60.0


@dataclass(frozen=True, kw_only=True)
class DeliveryTimes:
    """Intervals and limits in seconds; tests shorten them."""

    every_s: float = 1.0
    """Between two rounds."""
    retry_s: Sequence[float] = (5.0, 30.0, 120.0, 600.0, 3600.0)
    """Before each further attempt; the last value repeats."""
    timeout_s: float = TIMEOUT_S
    """Limit of one attempt."""
    last_round_s: float = 4.0
    """Limit of the round at shutdown."""
    no_webhook_s: float = 600.0
    """A process without OUTCOME_WEBHOOK_URL sets an outcome to done after this time. Until then,
    another process that has the URL may deliver it."""
    lease_grace_s: float = 30.0
    """Time for greetings to renew their leases after the store was away or the clock jumped."""


class OutcomeDelivery(BackgroundTask):
    """Runs as an async context manager. When the block ends, it makes one last round.

    Args:
        store: not closed here.
    """

    task_name = "outcome_delivery"

    def __init__(
        self, store: Store, settings: StoreSettings, times: DeliveryTimes | None = None
    ) -> None:
        self._store = store
        self._url = settings.outcome_webhook_url
        self._secrets = settings.outcome_webhook_secrets
        self._only_counts = settings.only_counts
        self._counted_on = ""
        """The last day on which the message with counts was added."""
        self._retention_s = settings.retention_days * _DAY_S
        self._times = times or DeliveryTimes()
        self._expired = ExpiredOutcomes(
            store, self._times.lease_grace_s, only_counts=self._only_counts
        )
        self._stopping = asyncio.Event()
        self._store_is_away = False
        self._next_write = self._next_deletion = 0.0  # event loop time

    async def __aexit__(self, *exception: object) -> None:
        assert self._task is not None
        self._stopping.set()
        # What is not sent in time stays in the store for the next process.
        await asyncio.wait([self._task], timeout=self._times.last_round_s)
        await super().__aexit__(*exception)

    async def run(self) -> None:
        """Make rounds until the block ends, and then one more."""
        async with http_session() as http:
            while True:
                is_last = self._stopping.is_set()
                if await self._round_if_store_answers(http):
                    continue
                if is_last:
                    return
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), self._times.every_s)

    async def _round_if_store_answers(self, http: aiohttp.ClientSession) -> bool:
        """Make one round. If the store fails, log it once, and once more when it is back.

        Returns:
            True if more outcomes are due now.
        """
        try:
            more = await self._round(http)
        except StoreError as e:
            STORE_ERRORS.labels("delivery").inc()
            if not self._store_is_away:
                logger.warning(
                    "the store cannot be read or written; outcomes are not delivered until it is "
                    "back; check REDIS_URL or STATE_DIR",
                    extra={"event": "store_unreachable", "error": str(e)},
                )
            self._store_is_away = True
            self._expired.pause()
            return False
        if self._store_is_away:
            self._store_is_away = False
            logger.info(
                "the store is back; outcomes are delivered again", extra={"event": "store_back"}
            )
        return more

    async def _round(self, http: aiohttp.ClientSession) -> bool:
        now = asyncio.get_running_loop().time()
        if now >= self._next_write:
            await check_writable(self._store)
            self._next_write = now + _WRITABLE_EVERY_S
        await self._expired.close()
        if self._only_counts and self._url:
            await self._add_counts()
        more = await (self._deliver(http) if self._url else self._finish_undeliverable())
        if now >= self._next_deletion:
            self._next_deletion = now + await self._delete_old()
        return more

    async def _add_counts(self) -> None:
        """Add the message with counts, once a day for all processes."""
        if self._counted_on == (day := utc_day()):
            return
        message = counts_message(await self._store.counts(), datetime.now(UTC))
        # If another process has added it, neither call changes anything.
        await self._store.open_outcome(f"counts-{day}", COUNTS_SESSION, message, _COUNTS_LEASE_S)
        await self._store.close_outcome(f"counts-{day}", message)
        self._counted_on = day

    async def _deliver(self, http: aiohttp.ClientSession) -> bool:
        due = await self._store.due_outcomes(
            _BATCH, reserve_s=self._times.timeout_s + _RESERVE_MARGIN_S
        )
        results = await asyncio.gather(
            *(self._deliver_one(http, *each) for each in due), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return len(due) == _BATCH

    async def _deliver_one(
        self, http: aiohttp.ClientSession, outcome_id: str, body: str, attempts: int
    ) -> None:
        if self._only_counts and not is_counts_message(body):
            await self._store.finish_delivery(outcome_id)
            return
        fields = {
            "outcome_id": outcome_id,
            "session_id": session_id_in(body),
            "attempts": attempts + 1,
        }
        try:
            status = await post_outcome(
                http, self._url, self._secrets, outcome_id, body, timeout_s=self._times.timeout_s
            )
        except WebhookError as e:
            OUTCOME_POSTS.labels("failed").inc()
            delay_s = self._retry_delay_s(attempts)
            await self._store.retry_delivery(outcome_id, attempts + 1, delay_s)
            logger.warning(
                "an outcome was not delivered; it will be sent again",
                extra={
                    "event": "outcome_delivery_failed",
                    **fields,
                    "error": str(e),
                    "status": e.status,
                    "retry_in_s": round(delay_s),
                },
            )
        except ValueError:
            await self._store.finish_delivery(outcome_id)
            OUTCOME_POSTS.labels("unreadable").inc()
            logger.error(
                "an outcome cannot be read; it stays in the store and is not delivered. Please "
                "report this",
                extra={"event": "outcome_unreadable", **fields},
            )
        else:
            await self._store.finish_delivery(outcome_id)
            OUTCOME_POSTS.labels("delivered").inc()
            logger.info(
                "an outcome was delivered",
                extra={"event": "outcome_delivered", **fields, "status": status},
            )

    def _retry_delay_s(self, attempts: int) -> float:
        delays_s = self._times.retry_s
        delay_s = delays_s[min(attempts, len(delays_s) - 1)]
        return delay_s * random.uniform(1 - _JITTER, 1 + _JITTER)

    async def _finish_undeliverable(self) -> bool:
        due = await self._store.due_outcomes(_BATCH, overdue_s=self._times.no_webhook_s)
        for outcome_id, _, _ in due:
            await self._store.finish_delivery(outcome_id)
        return len(due) == _BATCH

    async def _delete_old(self) -> float:
        """Delete what is older than RETENTION_DAYS; return when to do so next, in seconds."""
        try:
            deleted = await self._store.forget_older(self._retention_s)
        except StoreError as e:
            DELETION_ERRORS.labels("outcomes").inc()
            logger.error(
                "outcomes older than RETENTION_DAYS could not be deleted; trying again in five "
                "minutes; check REDIS_URL or STATE_DIR",
                extra={"event": "outcomes_deletion_failed", "error": str(e)},
            )
            return _DELETE_RETRY_S
        DELETION_TIME.labels("outcomes").set_to_current_time()
        if deleted:
            logger.info(
                "outcomes older than RETENTION_DAYS were deleted",
                extra={"event": "outcomes_deleted", "outcomes": deleted},
            )
        return _DELETE_EVERY_S
