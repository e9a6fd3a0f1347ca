"""The language of replies and of the texts of scripts."""

from __future__ import annotations

import pytest

from agent.core.languages import _WORDS, other_language_of_text, other_locale_of_reply
from agent.scripts.library import COMMON, PROMPTS
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
def test_other_locale_of_reply_finds_the_language_of_a_reply(own: str, language: str) -> None:
    expected = "" if own == language else language
    assert other_locale_of_reply(REPLIES[language], own, LOCALES) == expected


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("training", TRAININGS)
def test_other_locale_of_reply_is_empty_for_lines_of_a_script(training: str, locale: str) -> None:
    told = script(training, locale)
    for text in (told.opening, told.closing, *(question.ask for question in told.questions)):
        assert other_locale_of_reply(text, locale, LOCALES) == ""


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
def test_other_locale_of_reply_needs_a_sentence_without_own_words(text: str, own: str) -> None:
    assert other_locale_of_reply(text, own, LOCALES) == ""


def test_other_locale_of_reply_finds_only_languages_of_the_script() -> None:
    assert other_locale_of_reply(REPLIES["de"], "en-GB", ("en-GB", "fr")) == ""
    assert other_locale_of_reply(REPLIES["de"], "en-GB", ("en-GB", "de-AT")) == "de-AT"
    assert other_locale_of_reply(REPLIES["de"], "pl", ("pl", "de")) == ""


@pytest.mark.parametrize("own", LOCALES)
@pytest.mark.parametrize("language", LOCALES)
def test_other_language_of_text_finds_the_language_of_a_text(own: str, language: str) -> None:
    expected = "" if own == language else language
    assert other_language_of_text(REPLIES[language], own) == expected


def test_other_language_of_text_finds_one_sentence_but_not_a_title() -> None:
    german = "Das Training ist kurz und dauert mit der Pause nicht lange."
    left_over = f"{german} What you do with the forks is up to you."
    assert other_language_of_text(left_over, "de") == "en"
    assert other_language_of_text(f"{german} Forklift Safety for the Team", "de") == ""


def test_other_locale_of_reply_does_not_take_a_german_exclamation_for_spanish() -> None:
    assert other_locale_of_reply("O.k., los, los geht's!", "de", LOCALES) == ""


def test_frequent_words_belong_to_one_language() -> None:
    words = [word for known in _WORDS.values() for word in known]
    assert len(words) == len(set(words))
