"""Cleans a name by the rules of this package, in order."""

from __future__ import annotations

from typing import Final

from agent.core.names.additions import (
    without_additions,
    without_code,
    without_degrees,
    without_other_lines,
)
from agent.core.names.capitals import capitalise
from agent.core.names.characters import (
    is_damaged,
    normalised,
    readable,
    with_letters_for_symbols,
)
from agent.core.names.given_name_first import given_name_first
from agent.core.names.logins import with_spaces, without_domain
from agent.core.names.name_end import before_punctuation, words_of_name
from agent.core.names.placeholders import is_company, is_placeholder, without_missing_cells
from agent.core.names.sentences import has_contraction
from agent.core.names.word_lists import PARTICLES, is_title, plain
from agent.core.plain_text import cut

_MAX: Final = 60  # characters
_WORDS_MAX: Final = 6
_WORDS_MAX_WITHOUT_CAPITALS: Final = 4


def clean_name(value: object) -> str:
    """Return the name for the page, captions, LLM and STT; empty if `value` is not a name."""
    if not isinstance(value, str) or is_damaged(value):
        return ""
    text = without_code(readable(without_other_lines(value)))
    text = without_domain(without_missing_cells(text))
    if is_placeholder(text) or has_contraction(text):
        return ""
    text = before_punctuation(without_additions(with_letters_for_symbols(text)))
    if "&" in text:
        return ""  # two people, or a company
    text = given_name_first(without_degrees(normalised(text)).strip())
    name = _shortened(words_of_name(with_spaces(text)))
    return "" if is_placeholder(name) or is_company(name) else name


def _shortened(words: list[str]) -> str:
    """Capitalise the words, and limit the name's length."""
    lower = all(word.islower() for word in words)
    titles = sum(is_title(word) and len(word) > 2 for word in words)  # not the `c.` of `h. c.`
    words = words[: titles + (_WORDS_MAX_WITHOUT_CAPITALS if lower else _WORDS_MAX)]
    kept = cut(" ".join(words), _MAX).split()
    while len(kept) > 1 and kept[-1].islower() and plain(kept[-1]) in PARTICLES and not lower:
        kept.pop()
    return capitalise(kept, lower=lower).rstrip(".")
