"""What a new greeting takes over from the previous one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.conversation.answers import Answers
from agent.core.events import Events
from agent.core.records import Answer
from agent.outcomes.aggregate import without_person
from agent.outcomes.earlier_greeting import EarlierGreeting, earlier_greeting
from agent.outcomes.outcome import Disclosure, Ended, Notice, Outcome, Recorded
from agent.scripts import NumberQuestion, YesNoQuestion
from agent.store import SqliteStore

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def heard(heard_to_end: bool = True) -> Disclosure:
    ai = Notice(words="an AI", said_at=NOW, heard_to_end=heard_to_end)
    return Disclosure(script="forklift", script_version=1, locale="en", ai=ai)


async def keep(
    store: SqliteStore,
    reason: str | None,
    *,
    at: datetime = NOW,
    heard_to_end: bool = True,
    only_counts: bool = False,
) -> None:
    outcome = Outcome(
        id="o",
        session_id="7",
        script="forklift",
        script_version=1,
        locale="en",
        chosen_name="Zoë",
        started_at=NOW,
        answers={
            "years": Answer(type="number", status="answered", value=3, at=NOW),
            "driven": Answer(type="yes_no"),
        },
        disclosure=heard(heard_to_end),
        recording=Recorded(by="worker", status="withdrawn"),
        ended=Ended(reason=reason, at=at) if reason else None,
    )
    if only_counts:
        outcome = without_person(outcome)
    await store.open_outcome("o", "7", outcome.model_dump_json(), 20)
    if reason:
        await store.close_outcome("o", outcome.model_dump_json())


@pytest.mark.parametrize("reason", [None, "worker_lost", "connection_lost", "worker_shutdown"])
async def test_earlier_greeting_returns_answers_of_an_interrupted_greeting(
    store: SqliteStore, reason: str | None
) -> None:
    await keep(store, reason)
    found = await earlier_greeting(store, "7")
    assert {id: answer.value for id, answer in found.answers.items()} == {"years": 3}
    assert found.recording_declined
    assert found.chosen_name == "Zoë"


@pytest.mark.parametrize(
    ("reason", "ago_s", "heard_to_end", "remembered"),
    [
        (None, 0, True, True),
        (None, 0, False, False),
        ("worker_lost", 60, True, True),
        ("connection_lost", 3600, True, False),
    ],
)
async def test_earlier_greeting_has_the_receipt_of_an_opening_heard_a_short_time_ago(
    store: SqliteStore, reason: str | None, ago_s: int, heard_to_end: bool, remembered: bool
) -> None:
    at = datetime.now(UTC) - timedelta(seconds=ago_s)
    await keep(store, reason, at=at, heard_to_end=heard_to_end)
    found = await earlier_greeting(store, "7")
    assert (found.disclosure == heard()) == remembered
    assert found.locale == ("en" if remembered else "")
    assert found.answers, "the answers stay"


async def test_earlier_greeting_with_aggregate_detail_has_question_ids_until_the_end(
    store: SqliteStore,
) -> None:
    await keep(store, None, only_counts=True)
    found = await earlier_greeting(store, "7")
    assert found.answers == {"years": Answer(type="number", status="answered")}
    assert found.chosen_name == ""
    assert found.disclosure is not None
    answers = Answers([NumberQuestion(id="years", type="number", ask="Years?")], Events())
    answers.restore(found.answers)
    assert answers.next_open() is None
    assert answers.summary.startswith("Already recorded: years was answered.")


@pytest.mark.parametrize("reason", ["continue", "completed", "silent"])
async def test_earlier_greeting_is_empty_after_an_end_on_purpose(
    store: SqliteStore, reason: str
) -> None:
    await keep(store, reason)
    assert await earlier_greeting(store, "7") == EarlierGreeting()
    assert await earlier_greeting(store, "another") == EarlierGreeting()
    assert await earlier_greeting(None, "7") == EarlierGreeting()


async def test_restored_answers_are_in_the_models_context_and_not_asked_again() -> None:
    questions = [
        YesNoQuestion(id="driven", type="yes_no", ask="Driven?"),
        NumberQuestion(id="years", type="number", ask="Years?"),
    ]
    answers = Answers(questions, Events())
    assert answers.summary == ""
    answers.restore(
        {
            "driven": Answer(type="yes_no", status="answered", value=True),
            "years": Answer(type="choice", status="answered", value="of another script"),
            "gone": Answer(type="text", status="answered", value="x"),
        }
    )
    assert answers.summary == "Already recorded: driven is yes. next: years"
    assert set(answers.given) == {"driven", "years"}


async def test_earlier_greeting_is_empty_if_the_store_cannot_be_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = SqliteStore(tmp_path / "store.sqlite3")
    (tmp_path / "store.sqlite3").unlink()
    assert await earlier_greeting(store, "7") == EarlierGreeting()
    assert [vars(r)["event"] for r in caplog.records] == ["earlier_answers_unreadable"]
