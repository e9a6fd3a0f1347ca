"""The language of replies."""

from __future__ import annotations

import pytest

from agent.scripts.library import COMMON, PROMPTS
from agent.speech.reply_language import other_language
from tests.unit.test_reply_check import script

LOCALES = ("en", "de", "es", "fr")
TRAININGS = sorted(f.name for f in PROMPTS.iterdir() if f.is_dir() and f.name != COMMON)
REPLIES = {
    "en": "Of course. Today you will learn what to check on the forks. Is that what you expected?",
    "de": "Natürlich. Sie lernen heute, wie man die Gabeln prüft. Haben Sie das schon gemacht?",
    "es": "Claro que sí. Hoy vas a aprender cómo se revisan los frenos. ¿Puedes contarme algo?",
    "fr": "Bien sûr. Vous allez apprendre à vérifier les freins. Est-ce que vous êtes prêt ?",
}


@pytest.mark.parametrize("own", LOCALES)
@pytest.mark.parametrize("language", LOCALES)
def test_other_language_finds_the_language_of_a_reply(own: str, language: str) -> None:
    expected = "" if own == language else language
    assert other_language(REPLIES[language], own, LOCALES) == expected


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("training", TRAININGS)
def test_other_language_finds_none_in_the_lines_of_a_script(training: str, locale: str) -> None:
    told = script(training, locale)
    for text in (told.opening, told.closing, *(question.ask for question in told.questions)):
        assert other_language(text, locale, LOCALES) == ""


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("El curso se llama Forklift Safety for the New Team.", "es"),
        ("Okay!", "de"),
        ("Super, merci.", "de"),
        ('Na klar, das "Check the Forks and the Mast" ist wichtig.', "de"),
        ("Here is the German word for it: die Gabel und der Mast.", "en"),
    ],
)
def test_other_language_needs_a_sentence_without_own_words(text: str, own: str) -> None:
    assert other_language(text, own, LOCALES) == ""


def test_other_language_finds_only_languages_of_the_script() -> None:
    assert other_language(REPLIES["de"], "en-GB", ("en-GB", "fr")) == ""
    assert other_language(REPLIES["de"], "en-GB", ("en-GB", "de-AT")) == "de-AT"
    assert other_language(REPLIES["de"], "pl", ("pl", "de")) == ""
