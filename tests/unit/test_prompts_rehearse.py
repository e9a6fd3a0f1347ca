"""`prompts rehearse`: scripted trainees, the product's conversation, and the demo's model."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.cli.prompts import main
from agent.cli.prompts.arguments import find_script
from agent.cli.prompts.rehearsal import RehearsalRecord, rehearse
from agent.cli.prompts.trainees import LANGUAGES, TRAINEES, right_value, wrong_value
from agent.core.errors import ScriptError
from agent.core.job_metadata import JobMetadata
from agent.core.settings import LlmSettings
from agent.demo.providers.gemini.api import serve_gemini
from agent.scripts import PROMPTS, script_for
from agent.scripts.library import read_library
from tests.support.script_files import VALID_SCRIPT


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LlmSettings.names():
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def records() -> Iterator[dict[str, RehearsalRecord]]:
    with pytest.MonkeyPatch.context() as patch:
        for name in LlmSettings.names():
            patch.delenv(name, raising=False)
        target = find_script("forklift", PROMPTS)
        held, is_stand_in = asyncio.run(rehearse(target, "en", list(TRAINEES.values())))
        assert is_stand_in
        yield {record.trainee.name: record for record in held}


def answers(record: RehearsalRecord) -> dict[str, object]:
    return {id: given.value for id, given in record.answers.items() if given.value is not None}


def test_rehearse_records_what_the_trainees_mean(records: dict[str, RehearsalRecord]) -> None:
    for record in records.values():
        recorded = answers(record)
        meant = {id: value for id, value in record.meant.items() if id in recorded}
        assert recorded == meant
    assert len(answers(records["curious"])) == 3
    assert [given.status for given in records["hurried"].answers.values()][-1] == "open"
    assert [given.status for given in records["unknown"].answers.values()][0] == "declined"


def test_rehearse_shows_the_refused_value_of_a_trainee_who_corrects_themselves(
    records: dict[str, RehearsalRecord],
) -> None:
    (refused,) = records["corrects"].refused
    assert refused.startswith("record_years_driving(70): `value` must be")
    assert (
        answers(records["corrects"])["years_driving"] == records["corrects"].meant["years_driving"]
    )
    assert not any(record.refused for name, record in records.items() if name != "corrects")


def test_rehearse_finds_the_facts_that_were_used_and_the_questions_that_were_not_answered(
    records: dict[str, RehearsalRecord],
) -> None:
    curious = records["curious"]
    assert curious.used == set(range(len(curious.first.facts)))
    assert not curious.unanswered
    unknown = [asked.question for asked in records["unknown"].unanswered]
    assert unknown == [LANGUAGES["en"]["salary"], LANGUAGES["en"]["lunch"]]


def test_rehearse_checks_in_with_a_silent_trainee_and_switches_the_language(
    records: dict[str, RehearsalRecord],
) -> None:
    silent = records["silent"]
    said = [entry.text for entry in silent.entries]
    assert said.count(silent.first.check_in) == 2
    assert said[-1] == silent.first.closing
    assert any(text.startswith("20 s of silence (not waited for here)") for text in said)
    assert records["switches"].entries[-1].locale == "es"
    assert all(record.over for record in records.values())


@pytest.mark.parametrize("locale", LANGUAGES)
def test_scripted_trainees_mean_values_that_the_shipped_scripts_allow(locale: str) -> None:
    for name in read_library(PROMPTS).scripts:
        metadata = JobMetadata(training_type=name, locale=locale)
        for question in script_for(metadata).questions:
            for trainee in TRAINEES.values():
                value = right_value(question, trainee.number)
                assert question.canonical(value) == value
                assert wrong_value(question, trainee.number) != value


def test_scripted_trainees_have_all_their_lines_in_each_language() -> None:
    for lines in LANGUAGES.values():
        assert lines.keys() == LANGUAGES["en"].keys()


def test_rehearse_writes_a_page_about_a_draft(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = tmp_path / "_glass" / "en.md"
    draft.parent.mkdir()
    draft.write_text(VALID_SCRIPT.replace("Gloves come first.", "Wear <b>gloves</b> first of all."))
    monkeypatch.chdir(tmp_path)
    arguments = ["rehearse", "_glass", "--prompts", str(tmp_path)]
    assert main([*arguments, "--trainee", "corrects", "--trainee", "switches"]) == 0
    out = capsys.readouterr().out
    assert "refused function calls: 1\n" in out
    assert "wrote rehearsal-glass.html" in out
    page = (tmp_path / "rehearsal-glass.html").read_text(encoding="utf-8")
    assert "<h1>Rehearsal of _glass</h1>" in page
    assert "Wear &lt;b&gt;gloves&lt;/b&gt; first of all." in page
    assert re.findall(r'<section class="conversation" id="(\w+)">', page) == [
        "corrects",
        "switches",
    ]
    assert not re.search(r'(?:src|href)="(?!#)', page), "the page loads something"


def test_rehearse_says_what_it_cannot_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rehearse", "forklift", "--locale", "pt"]) == 1
    assert capsys.readouterr().err == "forklift has no locale pt; it has de, en, es, fr\n"
    out = tmp_path / "missing" / "page.html"
    command = ["rehearse", "forklift", "--trainee", "hurried", "--out", str(out)]
    assert main(command) == 1
    assert capsys.readouterr().err.startswith(f"{out} cannot be read or written: No such")


async def test_rehearse_fails_if_the_model_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve_gemini() as url:
        monkeypatch.setenv("GOOGLE_API_KEY", "invalid")
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", url)
        with pytest.raises(ScriptError, match="Gemini does not answer"):
            await rehearse(find_script("forklift", PROMPTS), "en", [TRAINEES["hurried"]])


def test_rehearse_says_how_to_get_a_model(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "agent.demo.providers.gemini.api", None)  # not installed
    assert main(["rehearse", "forklift"]) == 1
    assert capsys.readouterr().err.startswith("no model here: set GOOGLE_API_KEY, or run it with")
