"""Recognises what platforms send if they do not know a name: `null`, `N/A`, `User 123`."""

from __future__ import annotations

import re
from typing import Final

from agent.core.names.word_lists import (
    COMPANY_FORMS,
    HONORIFICS,
    MISSING_GIVEN_NAME,
    MISSING_PART,
    MISSING_PART_IN_CAPITALS,
    PLACEHOLDER_PHRASES,
    PLACEHOLDER_WORDS,
    PLACEHOLDERS_AS_WRITTEN,
    has_letters,
    plain,
)

_MISSING_CELL: Final = re.compile(
    r"(?<![\w/])(?:n/a|#n/a|#(?:ref|value|null|num|div/0)!|#name\?)(?![\w/])", re.I
)
"""A missing part of a name in forms and spreadsheets: `Smith N/A`, `#REF!`."""
_NUMBERED: Final = re.compile(r"[^\s\d]+\s+[#\w°]{0,3}\.?\s*\d+")
"""One word and a number: `Worker 12`, `Pers.-Nr. 4711`."""


def is_placeholder(text: str) -> bool:
    """True if the whole text is a placeholder, or a title without a name."""
    words = re.sub(r"[\W\d_]+", " ", text.casefold()).split()
    if not words and has_letters(text):
        return False
    return (
        PLACEHOLDERS_AS_WRITTEN.issuperset(text.split())
        or " ".join(words) in PLACEHOLDER_PHRASES
        or PLACEHOLDER_WORDS.issuperset(words)
        or HONORIFICS.issuperset(words)
        or bool(_NUMBERED.fullmatch(text))
    )


def is_company(name: str) -> bool:
    """True for `Example GmbH`."""
    return not COMPANY_FORMS.isdisjoint(map(plain, name.split()))


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
