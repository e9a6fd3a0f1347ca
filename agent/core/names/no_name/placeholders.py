"""Recognises what platforms send if they do not know a name: `null`, `N/A`, `User 123`."""

from __future__ import annotations

import re
from typing import Final

from agent.core.names.no_name.typed_at_random import is_typed_at_random
from agent.core.names.word_lists import (
    HONORIFICS,
    MISSING_GIVEN_NAME,
    MISSING_PART,
    MISSING_PART_IN_CAPITALS,
    NAMES_TOO,
    NO_NAME,
    has_letters,
    plain,
)

_MISSING_CELL: Final = re.compile(
    r"(?<![\w/])(?:n/a|#n/a|#(?:ref|value|null|num|div/0)!|#name\?)(?![\w/])", re.I
)
"""A missing part of a name in forms and spreadsheets: `Smith N/A`, `#REF!`."""
_NUMBERED: Final = re.compile(r"[^\s\d]+\s+(?:#|n[ro]?[.°º]?|id|num\.?)?\s*\d+", re.I)
"""One word and a number: `Worker 12`, `Pers.-Nr. 4711`."""
_IN_COMPOUNDS: Final = re.compile("|".join(word for word in NO_NAME if len(word) > 6))
"""Words that are long enough to be recognised in a longer one: `Testbenutzer`."""


def is_placeholder(text: str) -> bool:
    """True if all words are placeholders, roles or departments, or titles without a name."""
    words = re.sub(r"[\W\d_]+", " ", text.casefold()).split()
    if not words and has_letters(text):
        return False
    if text.istitle() and text.casefold() in NAMES_TOO:
        return False
    if len(words) == 2 and max(map(len, words)) == 1:
        words = ["".join(words)]  # `N. N.`
    elif len(words) > 1 and len(words[-1]) == 1 and not text.endswith("."):
        words.pop()  # `User A`
    return all(map(is_no_name, words)) or HONORIFICS.issuperset(words) or is_numbered(text)


def is_numbered(text: str) -> bool:
    """True for `Worker 12` and `Forklift #2`; a number behind a name has two words before it."""
    return bool(_NUMBERED.fullmatch(text.strip()))


def is_no_name(word: str) -> bool:
    """True for one word, in lower case, that is a placeholder or is typed at random."""
    return word in NO_NAME or bool(_IN_COMPOUNDS.search(word)) or is_typed_at_random(word)


def without_missing_cells(text: str) -> str:
    """Remove what forms and spreadsheets have for a missing part."""
    return _MISSING_CELL.sub(" ", text)


def without_missing_parts(words: list[str], *, in_capitals: bool) -> list[str]:
    """Remove words that stand for a missing part of a name.

    Args:
        in_capitals: the whole name is in capitals, so that `NULL` may be a surname.
    """
    missing = MISSING_PART if in_capitals else MISSING_PART | MISSING_PART_IN_CAPITALS
    words = [word for word in words if word not in missing]
    if len(words) > 1 and plain(words[0]) in MISSING_GIVEN_NAME:
        return words[1:]
    return words
