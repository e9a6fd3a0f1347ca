"""Feedback after the end of a greeting: its second version of the outcome, and the delivery."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from agent.core.settings import StoreSettings
from agent.outcomes import feedback
from agent.outcomes.delivery import OutcomeDelivery
from agent.outcomes.feedback import FeedbackResult, add_feedback, newest_versions
from agent.outcomes.outcome import Feedback, Outcome
from agent.store import SqliteStore
from tests.support.outcomes import FAST, outcome, store_ended
from tests.support.webhook_receiver import receiver

AT = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
UP = Feedback(helpful=True, at=AT)
DOWN = Feedback(helpful=False, comment="Too fast", at=AT + timedelta(seconds=9))


async def test_feedback_after_the_end_is_delivered_once_as_an_event_of_its_own(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = outcome("o", "s")
    await store_ended(store, record)
    lost_before = REGISTRY.get_sample_value("outcomes_expired_total")
    async with receiver() as platform, OutcomeDelivery(store, platform.settings(), FAST):
        await platform.has(1)
        assert await add_feedback(store, "s", UP) is FeedbackResult.ADDED
        monkeypatch.setattr(feedback, "HOLD_S", 0)
        assert await add_feedback(store, "s", DOWN) is FeedbackResult.ADDED
        await platform.has(2)
        assert await add_feedback(store, "s", UP) is FeedbackResult.NOT_KEPT, "it was sent already"
    ended, given = platform.verified()
    assert (ended["type"], ended["data"]["feedback"]) == ("greeting.ended", None)
    assert (given["type"], given["timestamp"]) == ("greeting.feedback", "2026-03-02T09:15:09Z")
    record.feedback = DOWN
    assert Outcome.model_validate(given["data"]) == record
    assert [headers["webhook-id"] for headers, _ in platform.requests] == [
        *("outcome_o", "outcome_o.feedback")
    ]
    assert REGISTRY.get_sample_value("outcomes_expired_total") == lost_before
    # Read from the store, the greeting has one outcome.
    [body] = newest_versions(await store.outcomes("s"))
    assert Outcome.model_validate_json(body) == record
    assert await store.forget_session("s") == 2


async def test_feedback_of_a_greeting_that_has_not_ended_is_not_kept(store: SqliteStore) -> None:
    assert await add_feedback(store, "s", UP) is FeedbackResult.NOT_KEPT
    await store.open_outcome("o", "s", outcome("o", "s").model_dump_json(), 60)
    assert await add_feedback(store, "s", UP) is FeedbackResult.NOT_ENDED
    assert len(await store.outcomes("s")) == 1


async def test_feedback_is_not_sent_with_outcome_detail_aggregate(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the setting was changed since it was given."""
    await store_ended(store, outcome("o", "s"))
    monkeypatch.setattr(feedback, "HOLD_S", 0)
    assert await add_feedback(store, "s", UP) is FeedbackResult.ADDED
    async with receiver() as platform:
        settings = StoreSettings.from_env(
            {
                "OUTCOME_WEBHOOK_URL": platform.url,
                "OUTCOME_WEBHOOK_SECRET": platform.settings().outcome_webhook_secrets[0],
                "OUTCOME_DETAIL": "aggregate",
            }
        )
        async with OutcomeDelivery(store, settings, FAST):
            await platform.has(1)
    assert {message["type"] for message in platform.verified()} == {"greetings.counted"}
