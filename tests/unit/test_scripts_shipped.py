"""The shipped scripts are complete and different for each industry.

test_prompts_command.py checks that they are valid.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from agent.scripts import PROMPTS, load_library
from agent.scripts.schema import json_schema
from tests.support.script_files import spoken

ALL = sorted(p for p in PROMPTS.glob("*/*.md") if p.parent.name != "_common")
LOCALES = ("en", "es", "fr", "de")
TRAININGS = (
    "warehouse_safety",
    "forklift",
    "food_hygiene",
    "office_onboarding",
    "information_security",
    "patient_care",
)


def test_shipped_scripts_are_complete() -> None:
    expected = {f"{name}/{tag}.md" for name in (*TRAININGS, "general_welcome") for tag in LOCALES}
    assert expected <= {f"{path.parent.name}/{path.name}" for path in ALL}


@pytest.mark.parametrize("path", ALL, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_shipped_script_is_selected_by_its_training_and_rendered(path: Path) -> None:
    known = {"training_type": path.parent.name, "locale": path.stem}
    for name in ("", "Ada"):
        script = spoken(name=name, **known)
        assert (script.name, script.locale) == (path.parent.name, path.stem)
        assert name in script.opening
        assert "  " not in script.opening
        assert " ," not in script.opening
        assert script.training in script.opening
        assert script.ai_disclosure in script.opening
        assert script.opening.endswith("?")
        assert script.questions
        for fact in script.facts:
            assert fact in script.instructions


def test_shipped_industries_change_the_instructions() -> None:
    for training in TRAININGS:
        plain = spoken(training_type=training)
        pages = load_library(PROMPTS).scripts[training]
        industries = pages["en"].fields.industries
        assert len(industries) >= 2, training
        for industry in industries:
            for locale in LOCALES:
                changed = spoken(training_type=training, industry=industry, locale=locale)
                assert changed.industry == industry
                plain = spoken(training_type=training, locale=locale)
                assert changed.instructions != plain.instructions


def test_published_schema_is_up_to_date() -> None:
    published = json.loads((PROMPTS / "script.schema.json").read_text(encoding="utf-8"))
    assert published == json_schema(), "run: python -m agent prompts schema"
    assert published["additionalProperties"] is False
    assert set(published["required"]) == {"version", "opening", "closing", "welcome_text"}
    assert all("description" in p for p in published["properties"].values() if "$ref" not in p)


def test_every_shipped_file_says_when_it_was_reviewed() -> None:
    library = load_library(PROMPTS)
    files = [file for locales in library.scripts.values() for file in locales.values()]
    fields = [file.fields for file in files] + [file.fields for file in library.commons.values()]
    assert all(each.reviewed is not None for each in fields)


def test_shipped_openings_are_all_different() -> None:
    """Without name, guide, title and question, no two of a language are the same."""
    for locale in LOCALES:
        texts: dict[str, str] = {}
        for name, files in load_library(PROMPTS).scripts.items():
            opening = files[locale].fields.opening.partition("{{ ai_disclosure }}")
            greeting, rest = opening[0], opening[2].rpartition(". ")[0]
            for text in (re.sub(r"\{[{%].*?[%}]\}", "", part) for part in (greeting, rest)):
                assert texts.setdefault(text, name) == name, f"{locale}: {text}"


@pytest.mark.parametrize("path", ALL, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_shipped_opening_ends_with_the_first_question_without_its_choices(path: Path) -> None:
    script = spoken(training_type=path.parent.name, locale=path.stem)
    asked = script.questions[0].ask.partition(":")[0].strip(" ?")
    assert script.opening.removesuffix("?").rstrip().endswith(asked)
    assert script.opening.count("?") == 1


@pytest.mark.parametrize(
    ("locale", "wrong"),
    [
        ("es", r"usted(es)?|vosotr[oa]s|os|vídeo|ordenador|móvil|nevera|tirita|palé|coche"),
        ("fr", r"tu|te|toi|ton|ta|tes"),
        ("de", r"du|dich|dir|deine?\w*|euch"),
    ],
)
def test_shipped_facts_and_questions_address_the_trainee_in_one_way(
    locale: str, wrong: str
) -> None:
    """Spanish is informal, without words of Spain only; French and German are formal."""
    for training in (*TRAININGS, "general_welcome"):
        script = spoken(training_type=training, locale=locale)
        asked = tuple(question.ask for question in script.questions)
        for text in (script.opening, script.closing, script.check_in, *script.facts, *asked):
            assert not re.search(rf"(?<!\w)({wrong})(?!\w)", text.casefold()), text
