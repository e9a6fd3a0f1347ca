"""Turns names in directory order: `Lovelace, Ada` and `LOVELACE Ada` become `Ada Lovelace`."""

from __future__ import annotations

from itertools import takewhile

from agent.core.names.abbreviations import is_abbreviation
from agent.core.names.degrees import is_degree_after_comma
from agent.core.names.name_end import ends_name
from agent.core.names.no_name.groups import is_group
from agent.core.names.no_name.placeholders import is_placeholder
from agent.core.names.word_lists import (
    HONORIFICS,
    SUFFIXES,
    has_letters,
    is_degree_field,
    is_title,
    plain,
)


def given_name_first(text: str) -> str:
    """Turn `Lovelace, Ada` into `Ada Lovelace`; drop any other text after a comma."""
    parts = [part.strip() for part in text.split(",") if has_letters(part)]
    suffix = next((part for part in parts[1:] if plain(part) in SUFFIXES), "")
    title = next((part for part in parts[1:] if plain(part) in HONORIFICS - SUFFIXES), "")
    parts = [part for part in parts if part not in {suffix, title}]
    parts = [
        part
        for at, part in enumerate(parts)
        if at == 0 or (at == 1 and " " not in parts[0]) or not _is_addition(part, of=text)
    ]
    if len(parts) == 1:
        parts = [_capitals_last(parts[0])]
    if len(parts) == 2:
        family, given = parts
        while " " in family:
            word, _, rest = family.partition(" ")
            if plain(word) not in HONORIFICS and not (title and is_degree_field(word)):
                break
            title, family = f"{title} {word}", rest
        words = given.split()
        is_given = not ends_name(words[0]) and not any(
            ends_name(word) and not is_degree_field(word) for word in words
        )
        if is_given or (family.islower() and len(words) <= 2):
            parts = [given, family]
        else:
            parts = [family]
    return " ".join([title, *parts[:2], suffix]).strip()


def _is_addition(text: str, *, of: str) -> bool:
    """True for a degree such as `M.Ed.` and `FRCS`, a company or a department after a comma."""
    words = list(filter(has_letters, text.split()))
    return (
        is_group(words)
        or is_placeholder(text)
        or all(is_degree_after_comma(word, in_capitals=of.isupper()) for word in words)
    )


def _capitals_last(text: str) -> str:
    """Turn `DE LA TOUR Jean`, as French forms have it, into `Jean DE LA TOUR`."""
    words = text.split()
    family = list(
        takewhile(lambda w: len(w) > 1 and w.replace("ß", "").isupper() and "." not in w, words)
    )
    given = words[len(family) :]
    is_given = all(w[0].isupper() and any(map(str.islower, w.replace("ß", ""))) for w in given)
    # Initials have fewer letters: `APJ Abdul`.
    if given and is_given and any(map(_may_be_family_name, family)):
        return " ".join(given + family)
    return text


def _may_be_family_name(word: str) -> bool:
    return len(word) > 3 and not is_title(word) and not is_abbreviation(f"{word}.")
