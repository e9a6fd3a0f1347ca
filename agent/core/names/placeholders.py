"""Recognises what platforms send if they do not know a name: `null`, `N/A`, `User 123`."""

from __future__ import annotations

import re
from typing import Final

from agent.core.names.word_lists import (
    GROUPS,
    GROUPS_AS_WRITTEN,
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
_TYPED_AT_RANDOM: Final = re.compile(
    r"(\w)\1{2,}|(\w\w)\2{2,}|(?:asdf?|qwer?|jkl|yxcv?|zxcv?|abcd)+|[b-df-hj-np-tv-xz]{4,}"
)
"""`aaa`, `asd` and `hjkl`."""
_KEYS: Final = "qwertzuiop qwertyuiop azertyuiop asdfghjkl yxcvbnm qazwsxedc abcdefghijklmnop"
"""Rows of keyboards. Five letters of one are no name; four may be, such as `Azer`."""
_WITH_PERIODS: Final = GROUPS | frozenset(map(str.casefold, GROUPS_AS_WRITTEN))
"""`S.L.` and `S.A.R.L.`"""
_IN_COMPOUNDS: Final = re.compile("|".join(word for word in NO_NAME | GROUPS if len(word) > 6))
"""Words that are long enough to be recognised in a longer one: `Testbenutzer`."""


def is_placeholder(text: str) -> bool:
    """True if all words are placeholders, roles or departments, or titles without a name."""
    words = re.sub(r"[\W\d_]+", " ", text.casefold()).split()
    if not words and has_letters(text):
        return False
    if len(words) == 2 and max(map(len, words)) == 1:
        words = ["".join(words)]  # `N. N.`
    elif len(words) > 1 and len(words[-1]) == 1 and not text.endswith("."):
        words.pop()  # `User A`
    elif words == [text.casefold()] and text.istitle() and words[0] in NAMES_TOO:
        return False
    return (
        all(map(_is_no_name, words))
        or HONORIFICS.issuperset(words)
        or bool(_NUMBERED.fullmatch(text))
    )


def _is_no_name(word: str) -> bool:
    known = word in NO_NAME or _IN_COMPOUNDS.search(word)
    at_random = _TYPED_AT_RANDOM.fullmatch(word) or (len(word) > 4 and word in _KEYS)
    return bool(known or at_random)


def is_group(words: list[str]) -> bool:
    """True for `Example GmbH` and `Sales Team`."""
    parts = {part for word in words for part in plain(word).split("-")}
    if not words or not GROUPS.isdisjoint(parts):
        return bool(words)
    *_, last = words
    if "." in last[:-1]:
        return plain(last).replace(".", "") in _WITH_PERIODS
    return last.rstrip(".") in GROUPS_AS_WRITTEN and any(map(str.islower, "".join(words)))


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
