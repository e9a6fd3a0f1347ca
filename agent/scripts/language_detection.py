"""Detect texts in another language than the file's, by counting common short words.

It knows four languages, and accepts texts that are too short to be certain.
"""

from __future__ import annotations

import re
import unicodedata

from agent.core.locales import language_of

_COMMON_WORDS = {
    "en": "the and you your with what this that would have are they from about when is of it for"
    " not how do",
    "es": "el los las una con para por qué está del y muy pero cuando tú usted tu te que es en se"
    " no lo como",
    "fr": "les une vous votre est avec pour dans nous êtes cette mais où le la et des du que qui"
    " on ne pas ce sur au",
    "de": "der und ist mit für nicht auf eine wenn auch sich wird zum zur das die sie ihr ihre ein"
    " den im du man zu",
}
_WORDS = {language: frozenset(words.split()) for language, words in _COMMON_WORDS.items()}
_SURE = 4
"""This many common words of another language, and at most a fifth as many of the file's own."""
_SURE_IN_SENTENCE = 3
"""In one sentence, with no common word of the file's own language."""


def detect_other_language(text: str, locale: str) -> str:
    """Return the language of a text, or of one of its sentences, if it is clearly not the locale's.

    Returns:
        The language; empty if the text seems to be in the locale's.
    """
    if other := _other_language(text, locale, _SURE):
        return other
    sentences = re.split(r"(?<=[.!?])\s", text)
    found = (_other_language(sentence, locale, _SURE_IN_SENTENCE) for sentence in sentences)
    return next(filter(None, found), "")


def _other_language(text: str, locale: str, enough: int) -> str:
    own = language_of(locale)
    letters = [c for c in text if c.isalpha()]
    latin = sum(unicodedata.name(c, "").startswith("LATIN") for c in letters)
    if own in _WORDS and latin < len(letters) / 2:
        return "a language of another alphabet"
    words = re.findall(r"[^\W\d_]+", text.casefold())
    counts = {language: sum(w in small for w in words) for language, small in _WORDS.items()}
    # Portuguese looks like Spanish; no other language looks like English.
    others = counts.keys() - {own} if own in counts else {"en"}
    likely = max(others, key=lambda language: counts[language])
    sure = counts[likely] >= enough and counts[likely] >= 5 * counts.get(own, 0)
    return likely if sure else ""
