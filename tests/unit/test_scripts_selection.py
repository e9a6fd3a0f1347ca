"""The script, locale and industry are selected in the order of `agent/scripts/selection.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.core.job_metadata import JobMetadata
from agent.scripts import Library, load_library, script_for

IGNORED = "language: x\nnot_given: '-'\nignored_words: [training, course, of, the]\n"
SHARED = "guide: G\nai_disclosure: an AI\nrecording_disclosure: R\napology: T\ncheck_in: C\n"
SCRIPTS = {
    "forklift/en": "training_types: [fork lift truck, counterbalance]\nroles: [driver]",
    "forklift/es": "training_types: [carretilla elevadora]\nroles: [carretillero]",
    "hygiene/en": (
        "training_types: [food hygiene, food]\nroles: [cook, head cook]\n"
        "industries: {hotels: {aliases: [hospitality]}, schools: {}}"
    ),
    "hygiene/pt-BR": "roles: [cozinheira]",
    "hygiene/de": "industries: {hotels: {aliases: [Gastgewerbe]}}",
    "general_welcome/en": "",
    "general_welcome/es": "",
    "general_welcome/de": "",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    root: Path = tmp_path_factory.mktemp("prompts")
    for name, fields in SCRIPTS.items():
        path = root / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        texts = "version: 1\nopening: O\nclosing: C\nwelcome_text: W\n"
        path.write_text(f"---\n{texts}{SHARED}{fields}\n---\nBe kind.\n", encoding="utf-8")
    (root / "_common").mkdir()
    (root / "_common" / "en.md").write_text(f"---\n{IGNORED}---\nRules\n", encoding="utf-8")
    return load_library(root)


@pytest.mark.parametrize(
    ("training_type", "role", "expected", "chosen_by"),
    [
        ("forklift", "", "forklift", "training_type"),
        ("Forklift", "cook", "forklift", "training_type"),
        ("FORK-LIFT  truck!", "", "forklift", "training_type"),
        ("Carretilla Elevadora", "", "forklift", "training_type"),
        ("the course of Food Hygiene", "", "hygiene", "training_type"),
        ("counterbalance refresher, part 2", "", "forklift", "training_type"),
        ("food for forklift", "", "forklift", "training_type"),
        ("counterbalanced", "", "general_welcome", "default"),
        ("welding", "cook", "hygiene", "role"),
        ("", "Cozinheira", "hygiene", "role"),
        ("", "Head Cook (nights)", "hygiene", "role"),
        ("training", "", "general_welcome", "default"),
        ("welding", "welder", "general_welcome", "default"),
        ("", "", "general_welcome", "default"),
        ("💥", "日本", "general_welcome", "default"),
    ],
)
def test_selection_of_the_script(
    library: Library, training_type: str, role: str, expected: str, chosen_by: str
) -> None:
    script = script_for(JobMetadata(training_type=training_type, role=role), library)
    assert (script.name, script.chosen_by) == (expected, chosen_by)


@pytest.mark.parametrize(
    ("training_type", "role", "locale", "expected", "locale_by"),
    [
        ("forklift", "", "en", "forklift/en", "exact"),
        ("forklift", "", "", "forklift/en", "exact"),
        ("forklift", "", "es", "forklift/es", "exact"),
        ("forklift", "", "ES_mx", "forklift/es", "language"),
        ("forklift", "", "en-GB", "forklift/en", "language"),
        ("hygiene", "", "pt-br", "hygiene/pt-BR", "exact"),
        ("hygiene", "", "pt-PT", "hygiene/pt-BR", "language"),
        ("hygiene", "", "pt", "hygiene/pt-BR", "language"),
        # The language outranks the script.
        ("hygiene", "", "es", "general_welcome/es", "exact"),
        ("forklift", "cook", "de-AT", "hygiene/de", "language"),
        # No script has this language: the best script in English is chosen.
        ("forklift", "", "ja", "forklift/en", "default"),
        ("forklift", "", "no such locale", "forklift/en", "default"),
        ("forklift", "", "es,en;q=0.8", "forklift/es", "exact"),
        ("", "", "zh-Hant-TW", "general_welcome/en", "default"),
    ],
)
def test_selection_of_the_locale(
    library: Library, training_type: str, role: str, locale: str, expected: str, locale_by: str
) -> None:
    metadata = JobMetadata(training_type=training_type, role=role, locale=locale)
    script = script_for(metadata, library)
    assert (f"{script.name}/{script.locale}", script.locale_by) == (expected, locale_by)


@pytest.mark.parametrize(
    ("industry", "locale", "expected"),
    [
        ("Hospitality", "en", "hotels"),
        ("hotels", "en", "hotels"),
        ("gastgewerbe", "en", "hotels"),
        ("hospitality", "de", "hotels"),
        ("schools", "en", "schools"),
        ("schools", "de", ""),
        ("mining", "en", ""),
        ("", "en", ""),
    ],
)
def test_selection_of_the_industry(
    library: Library, industry: str, locale: str, expected: str
) -> None:
    metadata = JobMetadata(training_type="food", industry=industry, locale=locale)
    assert script_for(metadata, library).industry == expected


def test_selection_reason_contains_no_text_of_the_platform(library: Library) -> None:
    metadata = JobMetadata(training_type="food, says Bob", industry="hospitality, says Bob")
    reason = script_for(metadata, library).reason
    assert reason == "script by training_type, locale by exact, industry hotels"
