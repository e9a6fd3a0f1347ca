"""Abbreviations in names: which there are, and what a voice says for them."""

from __future__ import annotations

import re
from typing import Final

from agent.core.names.word_lists import (
    ABBREVIATIONS,
    ABBREVIATIONS_WITH_PERIOD,
    PARTICLES_TO_SAY,
    PRONOUNCED_AS_WRITTEN,
    plain,
)

_TITLES_BY_LANGUAGE: Final = {
    "sr": {"": "Señor", "es": "Señor", "pt": "Senhor"},
    "fr": {"": "Fr.", "de": "Frau"},
}
"""What to say for `Sr. Vega` and `Fr. Berg`. In English they may be `Sister` and `Father`, too, so
they are left out where a language is missing."""


def words_to_say(name: str, language: str = "") -> dict[str, str]:
    """Return what to say for each word of a clean name that a voice would mispronounce.

    For `Md.`, a voice would spell the letters and pause at the period.

    Args:
        language: of the voice, such as `de`; empty if it is unknown.
    """
    words = name.split()
    said = {word: _said(word) for word in words}
    if words[:1] == ["M."] and not any(len(word) == 2 and word[1] == "." for word in words[1:]):
        del said["M."]  # `M. Dupont`: voices say "Monsieur"
    if len(words) > 1 and (title := _TITLES_BY_LANGUAGE.get(plain(words[0]))):
        said[words[0]] = title.get(language, "")
    elif len(words) > 1 and plain(words[-1]) == "sr":
        said[words[-1]] = "Senior"
    if words[:1] == ["JR"]:
        del said["JR"]  # initials
    return {word: other for word, other in said.items() if other != word}


def is_abbreviation(word: str) -> bool:
    """True for a known abbreviation with a period, such as `Md.`"""
    key = plain(word)
    known = key in ABBREVIATIONS or key in ABBREVIATIONS_WITH_PERIOD or word in PARTICLES_TO_SAY
    return word.endswith(".") and known


def _said(word: str) -> str:
    if ".-" in word:  # `Dr.-Ing.`
        return " ".join(map(_said, word.split(".-")))
    key = plain(word)
    written_out = ABBREVIATIONS.get(key, PARTICLES_TO_SAY.get(word))
    if written_out is None and word.endswith("."):
        written_out = ABBREVIATIONS_WITH_PERIOD.get(key)
    if written_out is not None or key in PRONOUNCED_AS_WRITTEN:
        return written_out or word
    return re.sub(r"\.|(?<=\.)[ªº]", " ", word).strip()
