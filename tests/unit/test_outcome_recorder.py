"""The outcome of a running greeting: each avatar second is counted once, during the greeting."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from livekit.protocol.agent import Job

from agent.billing.budget import avatar_budget_is_used_up, utc_day
from agent.core.events import AnswersChanged, LineAdded
from agent.core.job_metadata import Consent, JobMetadata
from agent.core.records import Line
from agent.greeting.observers import outcome_recorder
from agent.greeting.observers.outcome_recorder import OutcomeRecorder
from agent.outcomes.earlier_greeting import earlier_greeting
from agent.outcomes.outcome import Outcome
from agent.store import SqliteStore
from tests.fakes.greeting import FakeGreeting
from tests.fakes.scripted_llm import ScriptedLLM
from tests.support.outcomes import AT
from tests.support.process_logs import logged
from tests.support.waiting import until_answer


class Setup:
    """A recorder that has saved once."""

    def __init__(self, store: SqliteStore, *, transcript: bool = False) -> None:
        fake = FakeGreeting(ScriptedLLM(), {}, {})
        if transcript:
            fake.state.metadata = JobMetadata(session_id="s", consent=Consent(transcript=True))
        self.events, self.state = fake.events, fake.state
        self.state.avatar_usage.requested("avatar")
        self.state.avatar_usage.answered("avatar", "bey-1")
        [self.stay] = self.state.avatar_usage.stays
        self.recorder = OutcomeRecorder(fake.greeting, store, Job(id="o"))
        self.recorder.start()

    def spend(self, seconds: float) -> None:
        self.stay.past_s = seconds
        self.events.emit(AnswersChanged())


async def counted(store: SqliteStore, seconds: float) -> None:
    await until_answer(lambda: store.outcomes("s"))
    await until_answer(lambda: store.avatar_seconds(utc_day()), lambda found: found == seconds)


async def close_as_expired(store: SqliteStore) -> None:
    """Do what delivery does when its clock says that the lease has expired."""
    [body] = await store.outcomes("s")
    await store.open_outcome("o", "s", body, -timedelta(hours=1).total_seconds())
    assert await store.close_outcome("o", body, only_expired=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store"


async def test_recorder_counts_a_running_avatar_in_the_budget(path: Path) -> None:
    store = SqliteStore(path)
    setup = Setup(store)
    setup.spend(60.0)
    await counted(store, 60.0)
    assert await avatar_budget_is_used_up(store, minutes_per_day=1)
    setup.stay.past_s = 72.5
    await setup.recorder.close("continue")
    again = SqliteStore(path)
    assert await again.avatar_seconds(utc_day()) == 72.5, "each second once"
    assert [(s.id, s.seconds) for s in await again.avatar_sessions()] == [("bey-1", 72.5)]
    await again.aclose()


async def test_transcript_has_the_lines_in_the_order_in_which_they_began(path: Path) -> None:
    fake = FakeGreeting(ScriptedLLM(), {}, {})
    fake.state.metadata = JobMetadata(session_id="s", consent=Consent(transcript=True))
    recorder = OutcomeRecorder(fake.greeting, SqliteStore(path), Job(id="o"))
    recorder.start()
    answer = Line(who="guide", at=AT, text="First you watch", interrupted=True)
    words = Line(who="trainee", at=AT + timedelta(seconds=2), text="Wait, please.")
    for line in (words, answer):
        fake.events.emit(LineAdded(line, None))  # type: ignore[arg-type]
    await recorder.close("continue")
    store = SqliteStore(path)
    [body] = await store.outcomes("s")
    assert Outcome.model_validate_json(body).transcript == [answer, words]
    await store.aclose()


@pytest.mark.parametrize("transcript", [False, True])
async def test_recorder_saves_after_a_line_only_with_a_transcript(
    path: Path, transcript: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome_recorder, "_SAVE_EVERY_S", 60.0)
    store = SqliteStore(path)
    setup = Setup(store, transcript=transcript)
    await counted(store, 0.0)
    setup.stay.past_s = 60.0
    setup.events.emit(LineAdded(Line(who="guide", at=AT, text="Hello."), None))  # type: ignore[arg-type]
    if transcript:
        await counted(store, 60.0)
    else:
        await asyncio.sleep(0.3)
        assert await store.avatar_seconds(utc_day()) == 0.0
    await setup.recorder.close("continue")
    await store.aclose()


async def test_recorder_counts_seconds_once_if_the_end_races_with_a_save(path: Path) -> None:
    class SlowStore(SqliteStore):
        """Does what it is told and answers late."""

        async def add_avatar_seconds(self, day: str, seconds: float, *, session: str = "") -> None:
            await super().add_avatar_seconds(day, seconds, session=session)
            await asyncio.sleep(0.3)

    store = SlowStore(path)
    setup = Setup(store)
    setup.spend(30.0)
    await counted(store, 30.0)
    await setup.recorder.close("continue")
    again = SqliteStore(path)
    assert await again.avatar_seconds(utc_day()) == 30.0
    [body] = await again.outcomes("s")
    assert '"reason":"continue"' in body
    await again.aclose()


async def test_recorder_counts_only_new_seconds_after_its_outcome_was_closed_as_expired(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store, other = SqliteStore(path), SqliteStore(path)
    setup = Setup(store)
    setup.spend(30.0)
    await counted(store, 30.0)
    await close_as_expired(other)
    setup.stay.past_s = 40.0
    await setup.recorder.close("continue")
    assert await other.avatar_seconds(utc_day()) == 40.0
    assert logged(caplog, "outcome_closed_early"), "the platform lacks the end of the greeting"
    await other.aclose()


@pytest.mark.parametrize("closed_before", [False, True])
async def test_recorder_does_not_save_or_warn_of_an_outcome_that_was_deleted(
    path: Path, caplog: pytest.LogCaptureFixture, closed_before: bool
) -> None:
    caplog.set_level(logging.INFO)
    store, other = SqliteStore(path), SqliteStore(path)
    setup = Setup(store)
    setup.spend(30.0)
    await counted(store, 30.0)
    if closed_before:
        await close_as_expired(other)
    await other.forget_session("s")
    assert await setup.recorder.is_deleted(), "its recording would be kept"
    await setup.recorder.close("continue")
    assert [each["levelname"] for each in logged(caplog, "outcome_not_saved")] == ["INFO"]
    assert await other.outcomes("s") == []
    await other.aclose()


async def test_recorder_writes_an_outcome_anew_that_the_store_lost(path: Path) -> None:
    store, other = SqliteStore(path), SqliteStore(path)
    setup = Setup(store)
    setup.spend(30.0)
    await counted(store, 30.0)
    with sqlite3.connect(path) as lost:
        lost.execute("DELETE FROM outcome")
    assert not await setup.recorder.is_deleted(), "its recording would be deleted"
    await setup.recorder.close("continue")
    [body] = await other.outcomes("s")
    assert '"reason":"continue"' in body
    await other.aclose()


async def test_recorder_counts_an_avatar_without_a_session_id(path: Path) -> None:
    """Beyond Presence's answer was lost; `bill` finds the session in its list."""
    store = SqliteStore(path)
    setup = Setup(store)
    setup.stay.provider_session_id = ""
    setup.spend(60.0)
    await counted(store, 60.0)
    assert await store.avatar_sessions() == []
    await setup.recorder.close("continue")


async def test_recorder_keeps_the_id_of_a_session_whose_avatar_never_came(path: Path) -> None:
    store = SqliteStore(path)
    setup = Setup(store)
    setup.spend(0.0)
    await until_answer(store.avatar_sessions)
    await setup.recorder.close("continue")
    again = SqliteStore(path)
    [entry] = await again.avatar_sessions()
    assert (entry.id, entry.seconds, entry.billed_s) == ("bey-1", 0.0, None)
    await again.aclose()


async def test_recorder_saves_the_name_that_the_trainee_chose(path: Path) -> None:
    store = SqliteStore(path)
    setup = Setup(store)
    setup.state.chosen_name = "Zoë"
    setup.spend(1.0)
    await counted(store, 1.0)
    await setup.recorder.close("connection_lost")
    store = SqliteStore(path)
    assert (await earlier_greeting(store, "s")).chosen_name == "Zoë"
    await store.aclose()


async def test_recorder_logs_the_first_and_the_last_failure_to_close(
    path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome_recorder, "_CLOSE_RETRY_S", 0)
    store = SqliteStore(path)
    setup = Setup(store)
    setup.spend(1.0)
    await counted(store, 1.0)
    await asyncio.to_thread(path.unlink)
    await setup.recorder.close("continue")
    lines = [record for record in caplog.records if "outcome_save_failed" in str(vars(record))]
    assert [vars(line)["attempt"] for line in lines] == [1, 8]
    assert "trying again" in lines[0].getMessage()
    assert "will end as worker_lost" in lines[1].getMessage()
