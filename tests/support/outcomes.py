"""Open and closed outcomes, and short delivery times."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from agent.outcomes.delivery import DeliveryTimes
from agent.outcomes.record import Ended, Outcome

FAST = DeliveryTimes(every_s=0.02, retry_s=(0.02, 0.03), timeout_s=0.3)

STARTED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def outcome(id_: str, session_id: str = "s", **more: Any) -> Outcome:
    return Outcome(
        id=id_,
        session_id=session_id,
        script="forklift",
        script_version=1,
        locale="en",
        started_at=STARTED,
        **more,
    )


def closed_outcome(**changes: Any) -> Outcome:
    """Return an outcome that ended with `continue`, with these fields changed."""
    ended = Ended(reason="continue", at=datetime.now(UTC))
    return outcome("o").model_copy(update={"ended": ended, **changes})
