"""What came before this greeting: answers of one that broke off, and what was spent today.

Nothing here can cost a greeting: a store that is away or slow has nothing to say.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from pydantic import ValidationError

from agent.core import end_reasons
from agent.core.errors import StoreError
from agent.core.log import logger
from agent.core.types import Answer
from agent.outcomes.record import WORKER_LOST, Outcome
from agent.store import Store

_TIMEOUT_S = 1.0
"""A trainee is waiting."""


async def earlier_answers(store: Store | None, session_id: str) -> dict[str, Answer]:
    """What the trainee has answered in a greeting of this session that broke off; else nothing."""
    if store is None:
        return {}
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            bodies = await store.outcomes(session_id)
        last = Outcome.model_validate_json(bodies[-1]) if bodies else None
    except (StoreError, TimeoutError, ValidationError) as e:
        logger.warning("earlier answers cannot be read", extra={"error": type(e).__name__})
        return {}
    broke_off = end_reasons.RESTARTABLE | {WORKER_LOST}
    # One that has not ended belongs to a job that has just died: of two greeters one has left.
    if last is None or (last.ended is not None and last.ended.reason not in broke_off):
        return {}
    return {id: answer for id, answer in last.answers.items() if answer.status != "open"}


async def budget_is_spent(store: Store | None, minutes_per_day: float | None) -> bool:
    """Whether the avatars of this UTC day have used up what they may."""
    if store is None or minutes_per_day is None:
        return False
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            return await store.avatar_seconds(today()) >= minutes_per_day * 60
    except (StoreError, TimeoutError) as e:
        # What cannot be counted is not spent.
        logger.warning("the avatars' budget cannot be read: %s", type(e).__name__)
        return True


def today() -> str:
    """The UTC day, as the ledger has it."""
    return datetime.now(UTC).date().isoformat()
