"""`prompts check` finds texts that a voice reads badly, left-overs and stray punctuation."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.scripts.checks.folders import check_path
from agent.scripts.checks.wording import (
    doubtful_wording,
    left_over,
    speech_problem,
    stray_punctuation,
)
from agent.scripts.finding import Finding
from tests.support.script_files import VALID_SCRIPT, check_script

BYE = "closing: Goodbye!"


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        (locale, text)
        for locale, texts in {
            "en": "At 7 am; For 30 min; Up to 25 lbs; Approx. ten; From 9-5; Tel. 5; Wait -- please"
            "; Take 2 m of rope; No. 5; box(es); at 7 a.m. sharp",
            "es": "El n.º 5; La 1ª vez; Hola a todxs; Hola a tod@s; Bienvenido(a); trabajador/a"
            "; Uds. son",
            "fr": "À 8h30; À 8 h 30; c.-à-d. ici; chaque employé·e; p. ex. ici",
            "de": "Mitarbeiter:innen; MitarbeiterInnen; Mitarbeiter*innen; z. B. so",
        }.items()
        for text in texts.split("; ")
    ],
)
def test_speech_problem_finds_what_a_voice_reads_badly(text: str, locale: str) -> None:
    assert speech_problem(f"{text} heute", locale)


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("Sr. López le ayuda", "es"),
        ("Dr. Weber hilft", "de"),
        ("ISO 45001 applies", "en"),
        ("La norme ISO 45001 s'applique", "fr"),
        ("No one rides on it. No. Never.", "en"),
        ("Abfälle dieser Art. Danach", "de"),
        ("DIN EN 397 gilt", "de"),
        ("Five minutes (or more), well-known on LinkedIn", "en"),
        ("Todo está listo", "es"),
    ],
)
def test_speech_problem_accepts_titles_standards_and_ordinary_words(text: str, locale: str) -> None:
    assert speech_problem(text, locale) == ""


@pytest.mark.parametrize(
    "text",
    [
        "TODO: ask Ana",
        "tbd",
        "XXX",
        "Why ???",
        "Lorem ipsum dolor",
        "Hi {name}",
        "Hi [NAME]",
        "${name}",
    ],
)
def test_left_over_finds_notes_and_placeholders_of_other_tools(text: str) -> None:
    assert left_over(text)


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("Thank you, , and goodbye.", "en"),
        ("Hello , and welcome.", "en"),
        ("Hello !", "en"),
        ("¡Hola, ! ¿Qué tal?", "es"),
        (", welcome!", "en"),
        ("Goodbye..", "en"),
        ("Bonjour , bienvenue !", "fr"),
    ],
)
def test_stray_punctuation_is_found(text: str, locale: str) -> None:
    assert stray_punctuation(text, locale)


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("Hello! Ready? Wait... now.", "en"),
        ("Bonjour Ana ! Prête ? Voici : allons-y.", "fr"),
        ("¡Hola, Ana! ¿Qué tal?", "es"),
        ("Really?! “Yes,” she said (twice), and it’s Ana’s.", "en"),
    ],
)
def test_stray_punctuation_accepts_sentences(text: str, locale: str) -> None:
    assert stray_punctuation(text, locale) == ""


@pytest.mark.parametrize(
    ("change", "to", "field", "message", "severity"),
    [
        (BYE, "closing: Goodbye #1 friend", "closing", "ends before '#1 friend'", "error"),
        (BYE, "closing: '{{ name }}, goodbye!'", "closing", "is spoken as “, goodbye!”", "error"),
        (BYE, "closing: Thanks {{ name }}, bye!", "closing", "both inside {% if name", "error"),
        ("Ready?", "Let's go.", "opening", "asks nothing", "warning"),
        ("Ready?", "Ready? Really?", "opening", "asks 2 questions", "warning"),
        ("Ready?", "Ready? Tell me.", "opening", "goes on after its question", "warning"),
        (
            "Ready?",
            "¿Qué te gusta de tu formación?",
            "opening",
            "seems to be in es",
            "error",
        ),
        ("Ready?", "We talk on and on. " * 12, "opening", "remove about", "error"),
        ("Be kind", "TODO write this. Be kind", "", "looks unfinished", "error"),
        ("Be kind", "<<<<<<< HEAD\nBe kind", "", "a merge conflict is left here", "error"),
    ],
)
def test_check_finds_unfinished_texts(
    tmp_path: Path, change: str, to: str, field: str, message: str, severity: str
) -> None:
    assert change in VALID_SCRIPT
    found = check_script(tmp_path, VALID_SCRIPT.replace(change, to, 1))
    where = [f for f in found if f.field == field and message in f.message]
    assert [f.severity for f in where[:1]] == [severity], list(map(str, found))


def test_check_allows_a_comment_after_a_text(tmp_path: Path) -> None:
    text = VALID_SCRIPT.replace(BYE, 'closing: Goodbye!  # not "bye"')
    assert check_script(tmp_path, text.replace("version: 1", "version: 1 # the first")) == []


def test_a_file_its_folder_and_all_scripts_have_the_same_findings(tmp_path: Path) -> None:
    check_script(
        tmp_path, VALID_SCRIPT.replace("locales: [en]", "locales: [en, es]"), "_common/../glass/en"
    )
    spanish = VALID_SCRIPT.replace("locales: [en]\n", "").replace("thalia-en", "celeste-es")
    file = tmp_path / "glass" / "es.md"
    file.write_text(spanish.replace("minimum: 0", "minimum: 1"), encoding="utf-8")

    def of_file(path: Path) -> list[Finding]:
        return [finding for finding in check_path(path) if finding.path == file]

    assert any("questions[1].minimum" in str(f) for f in of_file(file))
    assert of_file(file) == of_file(tmp_path / "glass") == of_file(tmp_path)
    (tmp_path / "glass").rename(tmp_path / "_glass")
    file = tmp_path / "_glass" / "es.md"
    assert len(of_file(file)) > 1
    assert of_file(file) == of_file(tmp_path / "_glass")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("From 2026-05-01 on", "2026-05-01"),
        ("At 7:30, everybody", "7:30"),
        ("There are 20,000 people", "20,000"),
        ("The driver he/she calls", "he/she"),
    ],
)
def test_speech_problem_shows_the_whole_word(text: str, shown: str) -> None:
    assert repr(shown) in speech_problem(text, "en")


@pytest.mark.parametrize(
    ("text", "locale", "found"),
    [
        ("Gloves first. - Boots next.", "en", True),
        ("A well-known rule", "en", False),
        ("Has trabajado aquí?", "es", True),
        ("Hola, x!", "es", True),
        ("¡Hola! ¿Empezamos?", "es", False),
        ("Ready?", "en", False),
        ("You NEVER run", "en", True),
        ("OSHA rules apply", "en", False),
    ],
)
def test_doubtful_wording_finds_swallowed_entries_and_missing_marks(
    text: str, locale: str, found: bool
) -> None:
    assert bool(doubtful_wording(text, locale)) is found


def test_check_warns_about_an_entry_that_is_part_of_another(tmp_path: Path) -> None:
    swallowed = VALID_SCRIPT.replace(
        "  - Gloves come first.", " - Gloves come first.\n  - Boots come next."
    )
    assert [(f.field, f.severity) for f in check_script(tmp_path, swallowed)] == [
        ("facts[0]", "warning")
    ]
