"""Find what a session's previous greeting left, if it did not end on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import ValidationError

from agent.core.end_reasons import RESTARTABLE
from agent.core.errors import StoreError
from agent.core.log import logger
from agent.core.records import Answer
from agent.outcomes.outcome import Disclosure, Outcome
from agent.store import Store
from agent.telemetry.shared_metrics import STORE_ERRORS

_TIMEOUT_S: Final = 1.0
"""The trainee is waiting for the greeting to start."""
_REMEMBERED: Final = timedelta(minutes=10)
"""After this time, the trainee is greeted as if for the first time; the answers stay."""


@dataclass(frozen=True, kw_only=True)
class EarlierGreeting:
    """What the trainee said and heard before an earlier agent of the session was lost."""

    answers: Mapping[str, Answer] = field(default_factory=dict)
    """By question id. With OUTCOME_DETAIL=aggregate, the values are missing."""
    disclosure: Disclosure | None = None
    """The disclosure receipt, if the trainee heard the opening to its end a short time ago."""
    locale: str = ""
    """The language spoken last, if there is a receipt."""
    recording_declined: bool = False
    """The trainee declined to be recorded."""
    chosen_name: str = ""
    """What the trainee asked to be called. Empty with OUTCOME_DETAIL=aggregate."""


async def earlier_greeting(store: Store | None, session_id: str) -> EarlierGreeting:
    """Return what to keep of the session's previous greeting.

    The result is empty if there is no earlier greeting, if it ended on purpose, or if the store
    cannot be read in time.
    """
    if store is None:
        return EarlierGreeting()
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
        return EarlierGreeting()
    # If the previous outcome is still open, the job that wrote it has died.
    if last is None or (last.ended is not None and last.ended.reason not in RESTARTABLE):
        return EarlierGreeting()
    remembered = last.ended is None or datetime.now(UTC) - last.ended.at < _REMEMBERED
    heard = last.disclosure is not None and last.disclosure.ai.heard_to_end
    return EarlierGreeting(
        answers={id: answer for id, answer in last.answers.items() if answer.status != "open"},
        disclosure=last.disclosure if remembered and heard else None,
        locale=last.locale if remembered and heard else "",
        recording_declined=last.recording is not None and last.recording.status == "withdrawn",
        chosen_name=last.chosen_name,
    )
