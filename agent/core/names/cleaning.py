"""Cleans a name by the rules of this package, in order."""

from __future__ import annotations

from typing import Final

from agent.core.names.additions import without_additions, without_other_lines
from agent.core.names.capitals import capitalise
from agent.core.names.characters import (
    decoded,
    is_damaged,
    normalised,
    readable,
    with_letters_for_symbols,
)
from agent.core.names.degrees import without_degrees
from agent.core.names.given_name_first import given_name_first
from agent.core.names.name_end import before_punctuation, words_of_name
from agent.core.names.no_name import is_group, is_no_name, is_numbered
from agent.core.names.word_lists import PARTICLES, plain
from agent.core.plain_text import cut

_MAX: Final = 60  # characters
_WORDS_MAX: Final = 8


def clean_name(value: object) -> str:
    """Return the name for the page, captions, LLM and STT; empty if `value` is not a name.

    The result is cleaned once more: what is left may be no name, and endpoint and worker,
    which both clean it, must agree.
    """
    return _cleaned(_cleaned(value)) if isinstance(value, str) else ""


def _cleaned(value: str) -> str:
    text = readable(without_other_lines(decoded(value)))
    if is_damaged(text) or is_numbered(text):
        return ""
    text = with_letters_for_symbols(without_additions(text))
    if is_no_name(text):
        return ""
    words = words_of_name(given_name_first(without_degrees(normalised(before_punctuation(text)))))
    name = _shortened(words)
    if is_group(words) or _is_rest(name, of=value):
        return ""
    return name


def _is_rest(name: str, *, of: str) -> bool:
    """True for a single letter of a longer text."""
    return len(name) == 1 and name.isascii() and sum(map(str.isalnum, of)) > 1


def _shortened(words: list[str]) -> str:
    """Capitalise the words, and limit the name's length."""
    lower = all(map(str.islower, words))
    kept = cut(" ".join(words[:_WORDS_MAX]), _MAX).split()
    while len(kept) > 1 and kept[-1].islower() and plain(kept[-1]) in PARTICLES and not lower:
        kept.pop()
    return capitalise(kept, lower=lower).rstrip(".")
