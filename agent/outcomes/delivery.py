"""The courier: closes lost records, delivers what is due, and deletes what has grown too old.

It runs in the worker's and in the endpoint's process, as many as there are: the store sees to it
that no two post the same outcome at once. It never gives an outcome up; one that is delivered twice
carries the same webhook-id.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self

import aiohttp

from agent.core.background_task import BackgroundTask
from agent.core.errors import StoreError, WebhookError
from agent.core.log import logger
from agent.core.settings import StoreSettings
from agent.outcomes.expired import closed_as_lost
from agent.outcomes.metrics import LOST, POSTS
from agent.outcomes.webhook import TOTAL_S, post_outcome
from agent.store import Store

RETRY_S: Final = (5.0, 30.0, 120.0, 600.0, 3600.0)
"""Before the next attempt; the last one from then on."""
_JITTER = 0.2
_AT_ONCE = 10
_HOLD_MARGIN_S = 10.0
"""For the store's part of a delivery: only then may another courier try the same outcome."""
_TIDY_EVERY_S = 3600.0
_DAY_S = 86_400.0
_STEP_S = 5.0
"""Of the machine's clock: less is the time of a round."""


class OutcomeDelivery(BackgroundTask):
    """Used as an async context manager it runs beside the body; at its end it makes a last round.

    Args:
        store: not closed by it.
        every_s: between two rounds.
        retry_s: see RETRY_S.
        total_s: limit of one delivery.
        last_s: limit of the last round.
        nobody_s: without a webhook, an outcome that has been due for so long is settled; until then
            a courier of another process, which has one, may deliver it.
        spare_s: after the store was away, or the clock was set, greetings have so long to renew
            their leases.
    """

    task_name = "courier"

    def __init__(
        self,
        store: Store,
        settings: StoreSettings,
        *,
        every_s: float = 1.0,
        retry_s: Sequence[float] = RETRY_S,
        total_s: float = TOTAL_S,
        last_s: float = 4.0,
        nobody_s: float = 600.0,
        spare_s: float = 30.0,
    ) -> None:
        self._store = store
        self._url = settings.outcome_webhook_url
        self._secret = (
            settings.outcome_webhook_secret.get_secret_value()
            if settings.outcome_webhook_secret
            else ""
        )
        self._retention_s = settings.retention_days * _DAY_S
        self._every_s = every_s
        self._retry_s = retry_s
        self._total_s = total_s
        self._last_s = last_s
        self._nobody_s = nobody_s
        self._spare_s = spare_s
        self._stopping = asyncio.Event()
        self._store_is_away = False
        self._close_lost_from = 0.0
        self._clock_ahead_s: float | None = None
        """Of the event loop's, at the last round."""
        self._tidy_from = 0.0

    async def __aenter__(self) -> Self:
        self._stopping.clear()
        return await super().__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._task is not None
        self._stopping.set()
        # What cannot be sent in time waits in the store for the next process.
        await asyncio.wait([self._task], timeout=self._last_s)
        await super().__aexit__(kind, error, traceback)

    async def run(self) -> None:
        """Make rounds until cancelled, or until the end of the context and one round more."""
        async with aiohttp.ClientSession() as http:
            while True:
                last = self._stopping.is_set()
                if await self._round_if_store(http):
                    continue
                if last:
                    return
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), self._every_s)

    async def _round_if_store(self, http: aiohttp.ClientSession) -> bool:
        """One round; False where the store is away. That is said once, and again when it is back.

        Returns:
            Whether there is more to do at once.
        """
        try:
            more = await self._round(http)
        except StoreError as e:
            if not self._store_is_away:
                logger.warning("no outcome can be kept or delivered: %s", e)
            self._store_is_away = True
            self._close_lost_from = asyncio.get_running_loop().time() + self._spare_s
            return False
        if self._store_is_away:
            self._store_is_away = False
            logger.warning("the store is back: outcomes are kept and delivered again")
        return more

    async def _round(self, http: aiohttp.ClientSession) -> bool:
        now = asyncio.get_running_loop().time()
        ahead_s, before_s = time.time() - now, self._clock_ahead_s
        self._clock_ahead_s = ahead_s
        if before_s is not None and abs(ahead_s - before_s) > _STEP_S:
            # Set, or asleep: leases look older than they are.
            logger.warning("the clock was set: greetings have %g s to be heard of", self._spare_s)
            self._close_lost_from = now + self._spare_s
        if now >= self._close_lost_from:
            await self._close_lost()
        more = await (self._deliver(http) if self._url else self._settle_undeliverable())
        if now >= self._tidy_from:
            self._tidy_from = now + _TIDY_EVERY_S
            await self._tidy()
        return more

    async def _close_lost(self) -> None:
        for outcome_id, body in await self._store.expired_outcomes(_AT_ONCE):
            about = {"outcome_id": outcome_id, "session_id": _session_of(body)}
            try:
                closed = closed_as_lost(body, datetime.now(UTC))
            except (ValueError, TypeError):
                # The error's own text would repeat what was said.
                logger.error("a lost outcome cannot be read: it is kept as it is", extra=about)
                closed = body
            # False: its greeting goes on after all, or another courier was faster.
            if await self._store.close_expired_outcome(outcome_id, closed):
                LOST.inc()
                logger.warning(
                    "a greeting's worker was lost: its outcome is closed with what was saved",
                    extra=about,
                )

    async def _deliver(self, http: aiohttp.ClientSession) -> bool:
        due = await self._store.due_outcomes(_AT_ONCE, reserve_s=self._total_s + _HOLD_MARGIN_S)
        done = await asyncio.gather(
            *(self._deliver_one(http, *each) for each in due), return_exceptions=True
        )
        for failed in done:
            if isinstance(failed, BaseException):
                raise failed
        return len(due) == _AT_ONCE

    async def _deliver_one(
        self, http: aiohttp.ClientSession, outcome_id: str, body: str, attempts: int
    ) -> None:
        about = {
            "outcome_id": outcome_id,
            "session_id": _session_of(body),
            "attempts": attempts + 1,
        }
        try:
            status = await post_outcome(
                http, self._url, self._secret, outcome_id, body, total_s=self._total_s
            )
        except WebhookError as e:
            POSTS.labels("failed").inc()
            step = self._retry_s[min(attempts, len(self._retry_s) - 1)]
            in_s = step * random.uniform(1 - _JITTER, 1 + _JITTER)
            await self._store.retry_delivery(outcome_id, attempts + 1, in_s)
            logger.warning(
                "an outcome was not delivered, it is sent again: %s",
                e,
                extra={**about, "status": e.status, "again_in_s": round(in_s)},
            )
        except ValueError:
            await self._store.finish_delivery(outcome_id)
            POSTS.labels("unreadable").inc()
            logger.error("an outcome cannot be read: it is kept, and not delivered", extra=about)
        else:
            await self._store.finish_delivery(outcome_id)
            POSTS.labels("delivered").inc()
            logger.info("an outcome was delivered", extra={**about, "status": status})

    async def _settle_undeliverable(self) -> bool:
        due = await self._store.due_outcomes(_AT_ONCE, overdue_s=self._nobody_s)
        for outcome_id, _, _ in due:
            await self._store.finish_delivery(outcome_id)
        return len(due) == _AT_ONCE

    async def _tidy(self) -> None:
        if forgotten := await self._store.forget_older(self._retention_s):
            logger.info(
                "outcomes older than RETENTION_DAYS were deleted", extra={"outcomes": forgotten}
            )


def _session_of(body: str) -> str:
    try:
        return str(json.loads(body)["session_id"])
    except (ValueError, TypeError, KeyError):
        return ""
