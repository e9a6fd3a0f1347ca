"""The timeline of a greeting's start."""

from __future__ import annotations

import json
import time

import pytest

from agent.cli.timeline import as_text
from agent.outcomes.timeline import Timeline
from tests.support.outcomes import outcome


def begun(ago_s: float = 0.4) -> Timeline:
    now = time.time()
    return Timeline.since_asked(now - ago_s, now)


def test_timeline_starts_at_the_time_of_the_request() -> None:
    timeline = begun(0.4)
    assert timeline.at_s["endpoint_asked"] == 0
    assert timeline.at_s["job_began"] == pytest.approx(0.4, abs=0.01)


@pytest.mark.parametrize("ago_s", [-30, 4000])
def test_timeline_starts_with_the_job_if_clocks_differ_too_much(ago_s: float) -> None:
    timeline = begun(ago_s)
    assert "endpoint_asked" not in timeline.at_s
    assert timeline.at_s["job_began"] == 0


def test_mark_keeps_the_first_time_of_known_moments() -> None:
    timeline = begun()
    timeline.mark("first_sound", time.time() + 1)
    timeline.mark("first_sound", time.time() + 9)
    timeline.mark("something_else")
    assert timeline.at_s["first_sound"] == pytest.approx(1.4, abs=0.05)
    assert "something_else" not in timeline.at_s
    assert timeline.between("job_began", "first_sound") == pytest.approx(1, abs=0.05)
    assert timeline.between("job_began", "page_audio") is None


def test_note_page_subtracts_the_reported_ages_from_now() -> None:
    timeline = begun(2)
    timeline.note_page(json.dumps({"page_asked": 2100, "page_audio": 0}))
    assert timeline.at_s["page_asked"] == pytest.approx(-0.1, abs=0.05)
    assert timeline.at_s["page_audio"] == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize(
    "report",
    [
        *("", "no json", "[]", "7", "null", "[" * 1500),
        *('{"page_audio": -1}', '{"page_audio": 1e12}', '{"page_audio": NaN}'),
        *('{"page_audio": "5"}', '{"page_audio": true}', '{"page_audio": [5]}'),
        *(
            '{"first_sound": 5}',
            '{"page_other": 5}',
            '{"page_audio": 5, "x": "' + "x" * 3000 + '"}',
        ),
        '{"page_audio": ' + "9" * 1900 + "}",
    ],
)
def test_note_page_ignores_unusable_reports(report: str) -> None:
    timeline = begun()
    before = dict(timeline.at_s)
    timeline.note_page(report)
    assert timeline.at_s == before


def test_timeline_text_has_one_bar_per_moment_in_order() -> None:
    timeline = begun(1)
    timeline.mark("first_sound", timeline.since.timestamp() + 2)
    timeline.note_page(json.dumps({"page_asked": 1000}))
    shown = as_text(outcome("o").model_copy(update={"timeline": timeline})).splitlines()
    assert len(shown) == 1 + len(timeline.at_s)
    assert "   2.000 s" in shown[-1]
    assert "█" in shown[-1]
    assert shown[-1].endswith("the agent's first sound was played")
    assert "no timeline" in as_text(outcome("o").model_copy(update={"timeline": None}))
