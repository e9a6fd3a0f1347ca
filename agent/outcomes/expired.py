"""The outcome of a greeting whose worker was lost: closed by others, with all that was saved."""

from __future__ import annotations

import json
from datetime import datetime

from agent.outcomes.record import WORKER_LOST, Ended, Outcome


def closed_as_lost(body: str, now: datetime) -> str:
    """The kept record, ended now as `worker_lost`; durations reach to the last thing it knows of.

    Raises:
        ValueError: it is no outcome.
    """
    outcome = Outcome.model_validate_json(body)
    known = (
        outcome.started_at,
        outcome.met_at,
        outcome.opened_at,
        *(answer.at for answer in outcome.answers.values()),
        *(line.at for line in outcome.transcript or ()),
        *(fault.first_at for fault in outcome.faults),
    )
    last_known = max(at for at in known if at is not None)
    outcome.ended = Ended(reason=WORKER_LOST, at=now)
    outcome.duration_s = max(outcome.duration_s, _seconds(outcome.started_at, last_known))
    if outcome.opened_at is not None:
        outcome.talk_s = max(outcome.talk_s, _seconds(outcome.opened_at, last_known))
    return outcome.model_dump_json()


def is_lost(body: str) -> bool:
    """Whether a kept record was closed so; False where it cannot be read."""
    try:
        return bool(json.loads(body)["ended"]["reason"] == WORKER_LOST)
    except (ValueError, TypeError, KeyError, RecursionError):
        return False


def _seconds(since: datetime, until: datetime) -> float:
    return round((until - since).total_seconds(), 3)
