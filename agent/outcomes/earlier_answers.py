"""Find the answers of a session's previous greeting, if it did not end on purpose."""

from __future__ import annotations

import asyncio

from pydantic import ValidationError

from agent.core import end_reasons
from agent.core.errors import StoreError
from agent.core.log import logger
from agent.core.types import Answer
from agent.outcomes.record import WORKER_LOST, Outcome
from agent.store import Store
from agent.telemetry.shared_metrics import STORE_ERRORS

_TIMEOUT_S = 1.0
"""The trainee is waiting for the greeting to start."""


async def earlier_answers(store: Store | None, session_id: str) -> dict[str, Answer]:
    """Return the answers to keep, by question id.

    The result is empty if there is no earlier greeting, if it ended on purpose, or if the store
    cannot be read in time.
    """
    if store is None:
        return {}
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            bodies = await store.outcomes(session_id)
        last = Outcome.model_validate_json(bodies[-1]) if bodies else None
    except (StoreError, TimeoutError, ValidationError) as e:
        STORE_ERRORS.labels("earlier_answers").inc()
        logger.warning(
            "earlier answers cannot be read; asking all questions again; "
            "check REDIS_URL or STATE_DIR",
            extra={"event": "earlier_answers_unreadable", "error": type(e).__name__},
        )
        return {}
    # If the previous outcome is still open, the job that wrote it has died.
    resumable = end_reasons.RESTARTABLE | {WORKER_LOST}
    if last is None or (last.ended is not None and last.ended.reason not in resumable):
        return {}
    return {id: answer for id, answer in last.answers.items() if answer.status != "open"}
