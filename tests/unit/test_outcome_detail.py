"""OUTCOME_DETAIL=aggregate: nothing about one trainee leaves the product, only counts do."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from livekit.protocol.agent import Job

from agent.__main__ import main
from agent.core.errors import ConfigError
from agent.core.events import LineAdded
from agent.core.log import RedactingFilter
from agent.core.records import Line
from agent.core.settings import EndpointSettings, WorkerSettings
from agent.greeting.observers.outcome_recorder import OutcomeRecorder
from agent.outcomes.aggregate import without_person
from agent.outcomes.delivery import OutcomeDelivery
from agent.outcomes.outcome import Outcome
from agent.store import SqliteStore
from tests.fakes.greeting import FakeGreeting
from tests.fakes.scripted_llm import ScriptedLLM
from tests.support.environments import WORKER
from tests.support.outcomes import AT, FAST, SAID, full_outcome
from tests.support.waiting import until_answer
from tests.support.webhook_receiver import receiver

AGGREGATE = {"OUTCOME_DETAIL": "aggregate"}
KEPT = {"v", "id", "session_id", "script", "script_version", "locale", "mode", "faults"}
KEPT |= {"ended", "started_at"}


def test_without_person_leaves_out_what_was_said_and_every_time_of_day() -> None:
    kept = json.loads(without_person(full_outcome()).model_dump_json())
    empty = json.loads(
        Outcome(
            id="", session_id="", script="", script_version=1, locale="", started_at=AT
        ).model_dump_json()
    )
    assert {name for name, value in kept.items() if value != empty[name]} <= KEPT
    times = re.findall(r"\d{4}-\d\d-\d\dT[\d:.]+Z", json.dumps(kept))
    assert len(times) == 3
    assert {time[10:] for time in times} == {"T00:00:00Z"}
    assert SAID not in json.dumps(kept)


def test_full_outcome_of_this_test_fills_every_field() -> None:
    """Otherwise a new field could pass the test above unseen."""
    assert {name for name in Outcome.model_fields if not getattr(full_outcome(), name)} == set()


async def test_recorder_stores_nothing_that_was_said_and_still_counts(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store")
    fake = FakeGreeting(ScriptedLLM(), AGGREGATE, {})
    recorder = OutcomeRecorder(fake.greeting, store, Job(id="o"))
    recorder.start()
    line = Line(who="trainee", at=AT, text=SAID)
    fake.events.emit(LineAdded(line, None))  # type: ignore[arg-type]
    await recorder.close("continue")
    again = SqliteStore(tmp_path / "store")
    [body] = await again.outcomes("s")
    stored = json.loads(body)
    assert SAID not in body
    assert (stored["trainee_id"], stored["room"], stored["duration_s"]) == ("", "", 0)
    assert stored["ended"]["reason"] == "continue"
    assert (await again.counts())["greetings|none|continue"] == 1
    await again.aclose()


async def test_delivery_sends_counts_once_a_day_and_no_outcome(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store")
    await store.add_counts({"greetings|avatar|continue": 3, "unknown|x": 1})
    # As it was stored before the setting was changed.
    await store.open_outcome("o", "7", full_outcome().model_dump_json(), 60)
    await store.close_outcome("o", full_outcome().model_dump_json())
    async with receiver() as platform:
        settings = platform.settings(**AGGREGATE)
        for _ in range(2):
            async with (
                OutcomeDelivery(store, settings, FAST),
                OutcomeDelivery(store, settings, FAST),
            ):
                await platform.has(1)
                await asyncio.sleep(0.1)  # another message would come now
        [message] = platform.verified()
    assert message["type"] == "greetings.counted"
    row = {"name": "greetings", "mode": "avatar", "ending": "continue", "count": 3}
    assert message["data"] == {"v": 1, "counts": [row]}
    assert await store.pending_deliveries() == 0
    await store.aclose()


async def test_lost_greeting_is_stored_without_the_person(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store")
    await store.open_outcome("o", "7", full_outcome().model_dump_json(), -1)
    async with receiver() as platform:
        async with OutcomeDelivery(store, platform.settings(**AGGREGATE), FAST):
            [body] = await until_answer(
                lambda: store.outcomes("7"), lambda stored: "worker_lost" in stored[0]
            )
    assert SAID not in body
    assert json.loads(body)["ended"]["at"].endswith("T00:00:00Z")
    await store.aclose()


@pytest.mark.parametrize("command", ["outcome", "timeline"])
def test_commands_show_no_single_greeting(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIVEKIT_TELEMETRY_ALLOW_PII", "0")
    for name, value in {"STATE_DIR": str(tmp_path), **AGGREGATE}.items():
        monkeypatch.setenv(name, value)

    async def fill() -> None:
        store = SqliteStore(tmp_path / "store.sqlite3")
        await store.open_outcome("o", "7", full_outcome().model_dump_json(), 60)
        await store.add_counts({"greetings|avatar|continue": 1})
        await store.aclose()

    asyncio.run(fill())
    assert main([command, "7"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "python -m agent counts" in shown.err
    assert main(["counts"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["count"] == 1


@pytest.mark.parametrize(
    ("variable", "value"),
    [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"), ("RECORDING", "worker")],
)
def test_traces_and_recordings_are_refused(variable: str, value: str) -> None:
    with pytest.raises(ConfigError, match=variable):
        WorkerSettings.from_env({**WORKER, **AGGREGATE, variable: value})
    assert WorkerSettings.from_env({**WORKER, **AGGREGATE}).only_counts
    assert "OUTCOME_DETAIL" in EndpointSettings.names()


def test_log_has_no_line_about_one_greeting_and_no_id_in_others() -> None:
    hide = RedactingFilter(only_counts=True)

    def record(level: int, message: str, **fields: Any) -> logging.LogRecord:
        made = logging.makeLogRecord({"levelno": level, "msg": message, "args": None, **fields})
        return made

    assert not hide.filter(record(logging.INFO, "trainee left", session_id="7"))
    assert not hide.filter(record(logging.INFO, "received job request", job_id="AJ_1"))
    assert hide.filter(record(logging.INFO, "worker started", port=8081))
    warned = record(
        logging.WARNING,
        "room training-session-7 is gone",
        event="room_gone",
        session_id="7",
        room="training-session-7",
        error="no room training-session-7.",
    )
    assert hide.filter(warned)
    assert "7" not in json.dumps(vars(warned)["msg"])
    assert vars(warned)["event"] == "room_gone"
    assert vars(warned)["error"] == "no room <room>"
    assert not {"session_id", "room"} & vars(warned).keys()
