"""Recognises four languages by their frequent words: in replies, and in the texts of scripts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from typing import Final

from agent.core.locales import language_of

_FREQUENT: Final = {
    "en": "the and you your are this that with what have it to of for is there i we do can about"
    " from how not they when would",
    "de": "und der das ist sie ich nicht kein ein eine mit für auf zu wir wie haben gern auch den"
    " die ihr ihre im sich wenn wird zum zur",
    "es": "el los las para por con está y qué cómo puedes puede tienes muy una del sí como cuando"
    " antes aquí debe después esta este han hay lo más nunca pero ser siempre sin su sus también"
    " tiene todo todos tus tú usted ya",
    "fr": "vous votre est et dans pour avec une je nous pas ce cette êtes du aux au les mais ne où"
    " comme elle être il l leur ou peut qu quand qui sont sur tout vos à",
}
"""Frequent words of each language that the other three do not have. An apostrophe ends a word: `l`
and `qu` are French."""
_SHARED: Final = {
    "de": "des du man",
    "es": "en es la lo no que se te tu",
    "fr": "des en la le on que se te tu",
}
"""Further frequent words that may be words of other languages too; only used for whole texts."""
_WORDS: Final = {language: frozenset(words.split()) for language, words in _FREQUENT.items()}
_WORDS_OF_TEXT: Final = {
    language: words | frozenset(_SHARED.get(language, "").split())
    for language, words in _WORDS.items()
}
_SURE_IN_REPLY: Final = 2
"""A reply is in another language if it has this many different words of that language, and none of
the script's."""
_SURE_IN_TEXT: Final = 3
"""A text is in another language if it has this many words of that language, and at most a fifth as
many of the locale's."""


def other_locale_of_reply(text: str, locale: str, locales: Iterable[str]) -> str:
    """Return which of a script's `locales` a reply begins in; empty if that may be `locale`."""
    counts = _counts(set(_words(text)))
    likely = max(locales, key=lambda other: counts.get(language_of(other), 0))
    sure = counts.get(language_of(likely), 0) >= _SURE_IN_REPLY
    return likely if sure and counts.get(language_of(locale)) == 0 else ""


def other_language_of_text(text: str, locale: str) -> str:
    """Return the language of a text, or of one of its sentences, if it is not the locale's.

    It is empty if the text seems to be in the locale's, or is too short to be certain.
    """
    parts = (text, *re.split(r"(?<=[.!?])\s", text))
    return next(filter(None, (_other_language(part, language_of(locale)) for part in parts)), "")


def _other_language(text: str, own: str) -> str:
    letters = [c for c in text if c.isalpha()]
    latin = sum(unicodedata.name(c, "").startswith("LATIN") for c in letters)
    if own in _WORDS and latin < len(letters) / 2:
        return "a language of another alphabet"
    words, ours = _words(text), _WORDS_OF_TEXT.get(own, frozenset())
    # Portuguese looks like Spanish; no other language looks like English.
    others = _WORDS_OF_TEXT.keys() - {own} if ours else {"en"}
    # Words of both languages say nothing.
    counts = {other: _count(words, _WORDS_OF_TEXT[other] - ours) for other in others}
    likely = max(counts, key=lambda language: counts[language])
    own_count = _count(words, ours - _WORDS_OF_TEXT[likely])
    sure = counts[likely] >= max(_SURE_IN_TEXT, 5 * own_count)
    return likely if sure else ""


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.casefold())


def _counts(words: Collection[str]) -> dict[str, int]:
    return {language: _count(words, known) for language, known in _WORDS.items()}


def _count(words: Collection[str], known: frozenset[str]) -> int:
    return sum(word in known for word in words)
