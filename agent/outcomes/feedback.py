"""Feedback that the trainee gives after the greeting has ended.

The outcome is closed by then, and perhaps delivered. The store keeps a second version of it, with
the feedback. It stays open while the trainee may still change the feedback. Then it is delivered as
`greeting.feedback`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Final

from agent.outcomes.outcome import Feedback, Outcome, field_in
from agent.store import Store

_SUFFIX: Final = ".feedback"
HOLD_S: Final = 120.0
"""Between the last change of the feedback and its delivery."""


class FeedbackResult(Enum):
    """The result of adding feedback."""

    ADDED = auto()
    """The second version of the outcome has it."""
    NOT_ENDED = auto()
    """The outcome is still open; the caller may try again."""
    NOT_KEPT = auto()
    """There is no outcome, or its feedback was sent already."""


def is_with_feedback(outcome_id: str) -> bool:
    """Return True for the store's id of a second version."""
    return outcome_id.endswith(_SUFFIX)


async def add_feedback(store: Store, session_id: str, feedback: Feedback) -> FeedbackResult:
    """Add feedback to the session's newest outcome; it replaces earlier feedback.

    Raises:
        StoreError: the store cannot be reached.
    """
    bodies = await store.outcomes(session_id)
    if not bodies:
        return FeedbackResult.NOT_KEPT
    outcome = Outcome.model_validate_json(bodies[-1])
    if outcome.ended is None:
        return FeedbackResult.NOT_ENDED
    outcome.feedback = feedback
    body, stored_as = outcome.model_dump_json(), outcome.id + _SUFFIX
    age_s = (datetime.now(UTC) - outcome.started_at).total_seconds()
    if await store.open_outcome(stored_as, session_id, body, HOLD_S, age_s=age_s):
        return FeedbackResult.ADDED
    return FeedbackResult.NOT_KEPT


def newest_versions(bodies: Sequence[str]) -> list[str]:
    """Return each outcome once, with the feedback that was given after its end.

    A damaged one, which cannot be read, is returned, too.
    """
    return list({field_in(body, "id") or body: body for body in bodies}.values())
