"""Close open outcomes when their lease expires.

The lease of a greeting's outcome expires if its worker has died. The lease of a second version with
feedback expires two minutes after the feedback's last change: see `agent/outcomes/feedback.py`.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from agent.core.end_reasons import WORKER_LOST
from agent.core.log import logger
from agent.outcomes.aggregate import without_person
from agent.outcomes.feedback import is_with_feedback
from agent.outcomes.outcome import Ended, Outcome, session_id_in
from agent.outcomes.tally import count_outcome
from agent.store import Store
from agent.telemetry.shared_metrics import OUTCOMES_LOST

_BATCH = 10
_CLOCK_JUMP_S = 5.0


class ExpiredOutcomes:
    """Closes expired outcomes, but gives running greetings time to renew their leases first.

    Leases look expired without being so after the store was away, and after the system clock was
    set or the machine slept.

    Args:
        store: not closed here.
        grace_s: time to renew the leases, in seconds.
        only_counts: keep nothing about the trainee (OUTCOME_DETAIL=aggregate).
    """

    def __init__(self, store: Store, grace_s: float, *, only_counts: bool) -> None:
        self._store = store
        self._only_counts = only_counts
        self._grace_s = grace_s
        self._paused_until = 0.0  # time.monotonic()
        self._clock_offset_s: float | None = None

    def pause(self) -> None:
        """Close nothing for the next `grace_s` seconds."""
        self._paused_until = time.monotonic() + self._grace_s

    async def close(self) -> None:
        """Close a batch of expired outcomes; call it often, as it watches the system clock too.

        Raises:
            StoreError: the store cannot be reached.
        """
        self._pause_if_the_clock_jumped()
        if time.monotonic() < self._paused_until:
            return
        for outcome_id, body in await self._store.expired_outcomes(_BATCH):
            await self._close_one(outcome_id, body)

    def _pause_if_the_clock_jumped(self) -> None:
        offset_s, before_s = time.time() - time.monotonic(), self._clock_offset_s
        self._clock_offset_s = offset_s
        if before_s is not None and abs(offset_s - before_s) > _CLOCK_JUMP_S:
            logger.warning(
                "the system clock jumped; skipping the expired-lease check. Check that this "
                "machine's clock is synchronised (NTP): LiveKit refuses a wrong one",
                extra={"event": "clock_jumped", "pause_s": self._grace_s},
            )
            self.pause()

    async def _close_one(self, outcome_id: str, body: str) -> None:
        if is_with_feedback(outcome_id):
            await self._store.close_outcome(outcome_id, body, only_expired=True)
            return
        ids = {"outcome_id": outcome_id, "session_id": session_id_in(body)}
        try:
            outcome = Outcome.model_validate_json(body)
            outcome.ended = Ended(reason=WORKER_LOST, at=datetime.now(UTC))
            if self._only_counts:
                outcome = without_person(outcome)
            closed = outcome.model_dump_json()
        except ValueError:
            # The error's text is not logged: it would repeat parts of the conversation.
            logger.error(
                "an expired outcome cannot be read; it is closed unchanged. Please report this",
                extra={"event": "outcome_unreadable", **ids},
            )
            closed = body
        # False: the greeting renewed its lease, or another process closed the outcome.
        if await self._store.close_outcome(outcome_id, closed, only_expired=True):
            OUTCOMES_LOST.inc()
            await count_outcome(self._store, closed)
            logger.warning(
                "a greeting's worker was lost; its outcome is closed with what was saved; "
                "look for the cause in the worker's log",
                extra={"event": "worker_lost", **ids},
            )
