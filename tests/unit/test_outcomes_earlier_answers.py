"""Answers that a new greeting takes over from the previous one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.conversation.answers import Answers
from agent.core.events import Events
from agent.core.types import Answer
from agent.outcomes.earlier_answers import earlier_answers
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
async def test_earlier_answers_returns_answers_of_an_interrupted_greeting(
    store: SqliteStore, reason: str | None
) -> None:
    await keep(store, reason)
    found = await earlier_answers(store, "7")
    assert {id: answer.value for id, answer in found.items()} == {"years": 3}


@pytest.mark.parametrize("reason", ["continue", "completed", "silent"])
async def test_earlier_answers_is_empty_after_an_end_on_purpose(
    store: SqliteStore, reason: str
) -> None:
    await keep(store, reason)
    assert await earlier_answers(store, "7") == {}
    assert await earlier_answers(store, "another") == {}
    assert await earlier_answers(None, "7") == {}


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


async def test_earlier_answers_is_empty_if_the_store_cannot_be_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = SqliteStore(tmp_path / "store.sqlite3")
    (tmp_path / "store.sqlite3").unlink()
    assert await earlier_answers(store, "7") == {}
    assert [vars(r)["event"] for r in caplog.records] == ["earlier_answers_unreadable"]
