"""Counts of ended greetings: in the store, and as the endpoint exposes them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from agent.core.errors import StoreError
from agent.outcomes.outcome import Ended, Fault, Recorded
from agent.outcomes.tally import count_outcome, counts_of
from agent.outcomes.timeline import Timeline
from agent.store import SqliteStore
from agent.token_endpoint.metrics import STORED_COUNTS, StoredCounts, StoredFamily
from tests.support.outcomes import closed_outcome


def start(**at_s: float) -> Timeline:
    return Timeline(since=datetime.now(UTC), at_s=at_s)


@pytest.mark.parametrize(
    ("at_s", "expected_s"),
    [
        ({"trainee_joined": 1, "can_hear": 5, "first_sound": 6}, 1),
        ({"trainee_joined": 4, "can_hear": 2, "first_sound": 6}, 2),
        ({"trainee_joined": 1, "first_sound": 3}, 2),
        # Our page, and the trainee never let it play sound: the wait is theirs.
        ({"trainee_joined": 1, "page_connected": 1, "first_sound": 46}, None),
        ({"trainee_joined": 1, "can_hear": 5}, None),
        ({"trainee_joined": 1, "can_hear": 7, "first_sound": 6}, 0),
    ],
)
def test_first_word_is_measured_from_joining_and_hearing(
    at_s: dict[str, float], expected_s: float | None
) -> None:
    assert start(**at_s).first_word_s() == expected_s


def test_start_parts_begin_the_opening_when_the_trainee_can_hear() -> None:
    parts = start(
        endpoint_asked=0, job_began=0.5, trainee_joined=1, can_hear=4, opening_begun=4.5
    ).start_parts()
    assert parts == {"dispatch": 0.5, "trainee": 1, "sound": 3, "opening": 0.5}


def test_counts_of_an_outcome_name_mode_ending_faults_recording_and_first_word() -> None:
    late = start(trainee_joined=0, can_hear=1, first_sound=9.5)
    faults = [Fault(part="avatar", error="x", status=402, first_at=datetime.now(UTC), count=3)]
    recording = Recorded(by="worker", status="kept", error="the bucket refused it")
    counts = counts_of(
        closed_outcome(mode="text", timeline=late, faults=faults, recording=recording)
    )
    assert counts == {
        "greetings|text|continue": 1,
        "first_words|true": 1,
        "faults|avatar|402": 3,
        "recordings|kept_on_disk": 1,
    }


@pytest.mark.parametrize(
    ("status", "error", "result"),
    [
        ("kept", None, "kept"),
        ("cut_short", "disk", "cut_short"),
        ("failed", "bucket", "failed"),
        ("withdrawn", None, "withdrawn"),
        ("withdrawn", "it is not deleted: bucket", "not_deleted"),
    ],
)
def test_recordings_are_counted_by_result(status: Any, error: str | None, result: str) -> None:
    recording = Recorded(by="egress", status=status, error=error)
    assert counts_of(closed_outcome(recording=recording))[f"recordings|{result}"] == 1


def test_reasons_of_the_page_and_missing_openings_have_their_own_labels() -> None:
    changed = closed_outcome(mode=None, ended=Ended(reason="my_page_says_so", at=datetime.now(UTC)))
    assert counts_of(changed)["greetings|none|other"] == 1


def values(counts: StoredCounts) -> dict[str, float]:
    return {",".join(s.labels.values()): s.value for f in counts.collect() for s in f.samples}


def stored_counts() -> StoredCounts:
    family = StoredFamily(name="x", help="x", known=(("none", "other"),))
    return StoredCounts({"greetings": family})


async def test_endpoint_shows_the_counts_of_the_store(tmp_path: Path) -> None:
    store, counts = SqliteStore(tmp_path / "s"), stored_counts()
    try:
        for number in range(2):
            closed = closed_outcome(mode="voice").model_dump_json()
            await count_outcome(store, closed)
            counts.update(await store.counts())
            assert values(counts) == {"none,other": 0, "voice,continue": number + 1}
    finally:
        await store.aclose()


def test_stored_counts_are_not_shown_before_the_store_was_read() -> None:
    """0, and then the total, would look like an increase by the total."""
    counts = stored_counts()
    assert values(counts) == {}
    counts.update({})
    assert values(counts) == {"none,other": 0}


def test_stored_counts_do_not_fall_if_the_store_loses_some() -> None:
    """Prometheus takes a counter that falls for a new one, and counts all of it again."""
    counts, name = stored_counts(), "greetings|avatar|worker_lost"
    for stored, shown in ((7, 7), (5, 7), (6, 8)):
        counts.update({name: stored})
        assert values(counts)["avatar,worker_lost"] == shown
    counts.update({})
    counts.update({name: 1})
    assert values(counts)["avatar,worker_lost"] == 9


def test_endpoint_exposes_every_family_of_counts() -> None:
    assert {about.name for about in STORED_COUNTS.describe()} >= {
        f"training_greeter_endpoint_{name}" for name in ("greetings", "recordings", "bill_sessions")
    }


async def test_count_outcome_does_not_raise_if_the_store_fails() -> None:
    class Broken:
        async def add_counts(self, counts: dict[str, float]) -> None:
            raise StoreError("away")

    name = "training_greeter_store_errors_total"
    before = REGISTRY.get_sample_value(name, {"during": "count_outcome"}) or 0
    await count_outcome(Broken(), closed_outcome().model_dump_json())  # type: ignore[arg-type]
    await count_outcome(Broken(), "no outcome")  # type: ignore[arg-type]
    assert REGISTRY.get_sample_value(name, {"during": "count_outcome"}) == before + 2
