"""Turns names in directory order: `Lovelace, Ada` and `LOVELACE Ada` become `Ada Lovelace`."""

from __future__ import annotations

from itertools import takewhile

from agent.core.names.abbreviations import is_abbreviation
from agent.core.names.degrees import is_degree_after_comma
from agent.core.names.name_end import ends_name
from agent.core.names.no_name import is_group, is_placeholder
from agent.core.names.word_lists import (
    HONORIFICS,
    SUFFIXES,
    has_letters,
    is_degree_field,
    is_in_capitals,
    plain,
)


def given_name_first(text: str) -> str:
    """Turn `Lovelace, Ada` into `Ada Lovelace`; drop any other text after a comma."""
    parts = [part for part in map(str.strip, text.split(",")) if has_letters(part)]
    family, *others = parts or [""]
    title = next((part for part in others if plain(part) in HONORIFICS - SUFFIXES), "")
    suffix = next((part for part in others if plain(part) in SUFFIXES), "")
    while " " in family:
        word, _, rest = family.partition(" ")
        if plain(word) not in HONORIFICS and not (title and is_degree_field(word)):
            break
        title, family = f"{title} {word}", rest
    given = [part for part in others if part not in {title, suffix} and _is_given(part, family)]
    if not given:
        family = _capitals_last(family)
    return " ".join([title, *given[:1], family, suffix]).strip()


def _is_given(text: str, family: str) -> bool:
    """True unless the text after a comma is a company, a department, a degree or a sentence."""
    words = list(filter(has_letters, text.split()))
    if is_placeholder(text):
        return False
    if " " in family:  # the whole name may be before the comma
        in_capitals = f"{family}{text}".isupper()
        if is_group(words) or all(is_degree_after_comma(w, in_capitals=in_capitals) for w in words):
            return False
    if family.islower() and len(words) <= 2:
        return True
    return not any(ends_name(word) and not is_degree_field(word) for word in words)


def _capitals_last(text: str) -> str:
    """Turn `DE LA TOUR Jean`, as French forms have it, into `Jean DE LA TOUR`."""
    words = text.split()
    family = list(
        takewhile(lambda word: len(word) > 1 and is_in_capitals(word) and "." not in word, words)
    )
    given = words[len(family) :]
    is_given = all(word[0].isupper() and not is_in_capitals(word) for word in given)
    if is_given and any(map(_may_be_family_name, family)):
        return " ".join(given + family)
    return text


def _may_be_family_name(word: str) -> bool:
    """False for initials (`APJ Abdul`) and abbreviations."""
    return len(word) > 3 and not is_abbreviation(f"{word}.")
