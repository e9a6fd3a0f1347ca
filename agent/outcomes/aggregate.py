"""OUTCOME_DETAIL=aggregate: what is kept of one outcome, and the daily message with counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from agent.core.records import Answer
from agent.outcomes.outcome import Disclosure, Ended, Notice, Outcome, field_in
from agent.outcomes.tally import COUNT_LABELS

COUNTS_SESSION: Final = "*counts*"
"""The store keeps the messages with counts under this name, which no session id can be."""
_TYPE: Final = "greetings.counted"


def without_person(outcome: Outcome) -> Outcome:
    """Return the outcome without everything that a trainee said or did, and without times of day.

    Fields are kept by name, so that a new one is left out. Until the greeting has ended, it also
    has what the next agent needs if this one is lost: which questions are done, without the
    values, and whether the disclosures were heard.
    """
    kept = Outcome(
        id=outcome.id,
        session_id=outcome.session_id,
        script=outcome.script,
        script_version=outcome.script_version,
        locale=outcome.locale,
        mode=outcome.mode,
        started_at=_day(outcome.started_at),
        faults=[
            fault.model_copy(update={"first_at": _day(fault.first_at)}) for fault in outcome.faults
        ],
    )
    if outcome.ended is not None:
        kept.ended = Ended(reason=outcome.ended.reason, at=_day(outcome.ended.at))
        return kept
    kept.answers = {
        id: Answer(type=answer.type, status=answer.status)
        for id, answer in outcome.answers.items()
        if answer.status != "open"
    }
    if (disclosure := outcome.disclosure) is not None:
        kept.disclosure = Disclosure(
            script=disclosure.script,
            script_version=disclosure.script_version,
            locale=disclosure.locale,
            ai=Notice(heard_to_end=disclosure.ai.heard_to_end),
        )
    return kept


def counts_message(counts: Mapping[str, float], at: datetime) -> str:
    """Return the webhook message with all counts, as JSON.

    Args:
        counts: the store's counts since it was created.
    """
    data = {"v": 1, "counts": count_rows(counts)}
    return json.dumps({"type": _TYPE, "timestamp": at.isoformat(), "data": data})


def is_counts_message(body: str) -> bool:
    """Return True for a message with counts, False for an outcome."""
    return bool(field_in(body, "type") == _TYPE)


def count_rows(counts: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return the counts with their labels by name: `{"name", "mode", "ending", "count"}`."""
    rows = []
    for key, count in sorted(counts.items()):
        name, *values = key.split("|")
        if len(labels := COUNT_LABELS.get(name, ())) == len(values):
            rows.append(
                {"name": name, **dict(zip(labels, values, strict=True)), "count": round(count)}
            )
    return rows


def _day(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)
