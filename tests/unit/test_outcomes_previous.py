"""A greeting begins with what is known of the one before, and with what today has cost."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.conversation.answers import Answers
from agent.core.types import Answer
from agent.outcomes.previous import budget_is_spent, earlier_answers, today
from agent.outcomes.record import Ended, Outcome
from agent.scripts import NumberQuestion, YesNoQuestion
from agent.store import SqliteStore

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "store.sqlite3")


async def keep(store: SqliteStore, reason: str | None) -> None:
    outcome = Outcome(
        id="o",
        session_id="7",
        script="forklift",
        script_version=1,
        locale="en",
        started_at=NOW,
        answers={
            "years": Answer(type="number", status="answered", value=3, at=NOW),
            "driven": Answer(type="yes_no"),
        },
        ended=Ended(reason=reason, at=NOW) if reason else None,
    )
    await store.open_outcome("o", "7", outcome.model_dump_json(), 20)
    if reason:
        await store.close_outcome("o", outcome.model_dump_json())


@pytest.mark.parametrize("reason", [None, "worker_lost", "connection_lost", "worker_shutdown"])
async def test_what_was_told_a_greeter_who_was_lost_is_known(
    store: SqliteStore, reason: str | None
) -> None:
    await keep(store, reason)
    found = await earlier_answers(store, "7")
    assert {id: answer.value for id, answer in found.items()} == {"years": 3}


@pytest.mark.parametrize("reason", ["continue", "completed", "silent"])
async def test_a_greeting_that_ended_on_purpose_is_over_and_so_are_its_answers(
    store: SqliteStore, reason: str
) -> None:
    await keep(store, reason)
    assert await earlier_answers(store, "7") == {}
    assert await earlier_answers(store, "another") == {}
    assert await earlier_answers(None, "7") == {}


async def test_restored_answers_are_not_asked_again_and_the_model_is_told() -> None:
    questions = [
        YesNoQuestion(id="driven", type="yes_no", ask="Driven?"),
        NumberQuestion(id="years", type="number", ask="Years?"),
    ]
    answers = Answers(questions, lambda: None)
    assert answers.so_far == ""
    answers.restore(
        {
            "driven": Answer(type="yes_no", status="answered", value=True),
            "years": Answer(type="choice", status="answered", value="of another script"),
            "gone": Answer(type="text", status="answered", value="x"),
        }
    )
    assert answers.so_far == "Already recorded: driven is yes. next: years"
    assert set(answers.given) == {"driven", "years"}


async def test_the_budget_is_the_days_and_counts_what_all_greetings_cost(
    store: SqliteStore,
) -> None:
    assert not await budget_is_spent(store, None)
    assert not await budget_is_spent(store, 1)
    assert await budget_is_spent(store, 0)
    await store.add_avatar_seconds(today(), 40)
    await store.add_avatar_seconds("2020-01-01", 4_000)
    assert not await budget_is_spent(store, 1)
    await store.add_avatar_seconds(today(), 20)
    assert await budget_is_spent(store, 1)


async def test_a_store_that_is_away_costs_no_greeting_and_no_money(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite3")
    (tmp_path / "store.sqlite3").unlink()
    (tmp_path / "store.sqlite3").mkdir()
    assert await earlier_answers(store, "7") == {}
    assert await budget_is_spent(store, 10)
