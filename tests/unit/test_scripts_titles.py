"""The title of a training that the platform sends is spoken without a stammer.

A title may be a whole phrase, with an article or with the word for "training" in it. So every
script says it after a colon, and nothing depends on its grammar.
"""

from __future__ import annotations

import re

import pytest

from agent.core.job_metadata import JobMetadata
from agent.scripts import PROMPTS, RenderedScript, load_library, script_for
from agent.scripts.checks.wording import speech_problem
from agent.scripts.speakable import estimate_speech_s, speakable_value

TITLES = {
    "en": [
        "Welding training",
        "welding",
        "the safe use of ladders",
        "Training: Fire extinguishers",
        "Introduction to welding",
        "A course on ladders",
        "LADDER SAFETY",
        "Working at height, part 2",
        "Mobile cranes",
        "Your first week",
        "Health & Safety Basics",
        "Lockout/tagout (LOTO)",
        "Training the trainers",
        "How to lift safely",
    ],
    "es": [
        "Curso de soldadura",
        "soldadura",
        "el uso seguro de escaleras",
        "Formación sobre soldadura",
        "Formación: extintores",
        "La seguridad en obras",
        "Curso básico de primeros auxilios",
        "TRABAJO EN ALTURAS",
        "Capacitación en grúas, parte 2",
        "Grúas móviles",
        "Tu primera semana",
        "Prevención & salud",
        "Formación de formadores",
    ],
    "fr": [
        "Formation soudure",
        "soudure",
        "l'utilisation des échelles",
        "La sécurité incendie",
        "Formation à la soudure",
        "Formation : extincteurs",
        "Formation initiale en secourisme",
        "TRAVAIL EN HAUTEUR",
        "Cours de soudure, partie 2",
        "Les gestes et postures",
        "Votre première semaine",
        "Hygiène & sécurité",
        "Formation de formateurs",
    ],
    "de": [
        "Schweißerschulung",
        "Schweißen",
        "der sichere Umgang mit Leitern",
        "Schulung: Feuerlöscher",
        "Schulung zum Thema Schweißen",
        "Die Brandschutzunterweisung",
        "Grundkurs Erste Hilfe",
        "ARBEITEN IN DER HÖHE",
        "Kranführerkurs, Teil 2",
        "Ihre erste Woche",
        "Kräne",
        "Arbeits- & Gesundheitsschutz",
        "Unterweisung Leitern (jährlich)",
    ],
}
SCRIPTS = sorted(load_library(PROMPTS).scripts)
TRAINING = {
    "en": r"training|course",
    "es": r"formación|curso|capacitación",
    "fr": r"formation|cours",
    "de": r"schulung|kurs|unterweisung",
}


def script_with(title: str, locale: str, script: str) -> RenderedScript:
    """The script as it is for a title that it does not know: chosen by a role, or by default."""
    files = load_library(PROMPTS).scripts[script]
    role = files[locale].fields.roles[0] if script != "general_welcome" else ""
    metadata = {"trainee": {"name": "Ada"}, "role": role, "locale": locale, "training_type": title}
    rendered = script_for(JobMetadata.model_validate(metadata))
    assert rendered.name == script
    return rendered


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("locale", TITLES)
def test_title_stands_alone_after_a_colon(locale: str, script: str) -> None:
    for title in TITLES[locale]:
        rendered = script_with(title, locale, script)
        said = rendered.training
        before, _, after = rendered.opening.partition(f": {said}. ")
        assert after, f"{title}: {rendered.opening}"
        # No `Your Welding training training`, no `Tu formación sobre Curso de soldadura`.
        assert not re.search(TRAINING[locale], before.rpartition(". ")[2].casefold())
        for text in (rendered.opening, rendered.opening_recorded, rendered.welcome_text):
            assert text.count(said) <= 1
            words = re.findall(r"[^\W_]+", text.casefold())
            assert [a for a, b in zip(words, words[1:], strict=False) if a == b] == []
            assert speech_problem(text, locale) == ""


@pytest.mark.parametrize(
    ("title", "locale", "said"),
    [
        ("Welding: the basics", "en", "Welding, the basics"),
        ("Forklift/reach truck", "en", "Forklift, reach truck"),
        ("Working at height, part 2", "en", "Working at height, part 2"),
        ("WELDING (online)", "en", "Welding"),
        ("Formation : soudure", "fr", "Formation, soudure"),
        ("Arbeits- & Gesundheitsschutz", "de", "Arbeits und Gesundheitsschutz"),
        (", Welding,", "en", "Welding"),
        ("Tratamiento de datos | RGPD", "es", "Tratamiento de datos, RGPD"),
    ],
)
def test_speakable_value_turns_marks_into_pauses(title: str, locale: str, said: str) -> None:
    assert speakable_value(title, locale) == said


def test_opening_with_a_long_title_takes_less_than_fifteen_seconds() -> None:
    title = "Introduction to the safe use of mobile elevating work platforms"
    for locale in TITLES:
        opening = script_with(title, locale, "general_welcome").opening
        assert estimate_speech_s(opening, locale) < 15


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("HACCP", "HACCP"),
        ("COSHH awareness", "COSHH awareness"),
        ("INTRO TO WELDING", "Intro to welding"),
        ("CURSO DE ALTURAS", "Curso de alturas"),
        ("CACES R489", "CACES R489"),
        ("WELDING", "Welding"),
    ],
)
def test_title_in_capitals_is_spoken_as_words_and_abbreviations(title: str, said: str) -> None:
    assert speakable_value(title, "en") == said
