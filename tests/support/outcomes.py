"""Open and closed outcomes, and short delivery times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from agent.core.records import Answer, Line
from agent.outcomes.delivery import DeliveryTimes
from agent.outcomes.outcome import Disclosure, Ended, Fault, Feedback, Notice, Outcome, Recorded
from agent.outcomes.timeline import Timeline
from agent.store import Store

FAST = DeliveryTimes(every_s=0.02, retry_s=(0.02, 0.03), timeout_s=10)
"""A message that is not answered within its timeout is rightly sent again."""

STARTED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
AT = datetime(2026, 3, 2, 9, 14, 7, tzinfo=UTC)
SAID = "I have never driven one"
"""When something happens in the full outcome, and what the trainee says."""


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


async def store_ended(store: Store, outcome: Outcome, reason: str = "silent") -> None:
    """Store an outcome whose greeting has ended."""
    await store.open_outcome(outcome.id, outcome.session_id, outcome.model_dump_json(), 60)
    outcome.ended = Ended(reason=reason, at=STARTED + timedelta(seconds=90))
    assert await store.close_outcome(outcome.id, outcome.model_dump_json())


def full_outcome() -> Outcome:
    """Return an outcome with something in every field."""
    notice = Notice(label_at=AT, words="An AI", said_at=AT, heard_to_end=True)
    return Outcome(
        id="o",
        session_id="7",
        chosen_name="Zoë",
        trainee_id="trainee-7",
        room="training-session-7",
        script="forklift",
        script_version=1,
        script_reason="training type",
        industry="logistics",
        locale="en",
        locales=["en"],
        mode="avatar",
        answers={"experience": Answer(type="text", status="answered", value=SAID, at=AT)},
        transcript=[Line(who="trainee", at=AT, text=SAID)],
        recording=Recorded(by="worker", status="kept", key="7/o.ogg", seconds=61.5),
        disclosure=Disclosure(script="forklift", script_version=1, locale="en", ai=notice),
        feedback=Feedback(helpful=True, comment=SAID, at=AT),
        ended=Ended(reason="continue", at=AT + timedelta(seconds=90), closing_said=True),
        started_at=AT,
        met_at=AT,
        opened_at=AT,
        duration_s=90.5,
        talk_s=80.5,
        avatar_seconds=70.5,
        avatar_session_id="bey-7",
        faults=[Fault(part="stt", error="Timeout", first_at=AT)],
        timeline=Timeline(since=AT, at_s={"first_sound": 1.5}),
    )
