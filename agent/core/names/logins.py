"""Reads names from logins: `CORP\\ada` and `ada.lovelace`."""

from __future__ import annotations

import re
from typing import Final

from agent.core.names.abbreviations import is_abbreviation
from agent.core.names.word_lists import is_title

_DOMAIN: Final = re.compile(r"^[\w.-]+\\(?![nrt][A-Z])(?=[\w.-]{3,}$)")
"""In the login `CORP\\ada`."""
_PERIOD_BEFORE_WORD: Final = re.compile(
    r"(?<=[^\W\d_][^\W\d_])\.(?=[^\W\d_])(?!(?:co|ssa|ra|na|a|[ªº])\b)"
)
_INITIAL: Final = re.compile(r"(?<![\w.])[^\W\d_]\.(?=[^\W\d_][^\W\d_])")
"""In `M.Berg`"""
_LOGIN: Final = re.compile(r"[^\W\d_]{2,}(?:\.[^\W\d_]{2,})+")
"""`ADA.LOVELACE`"""


def without_domain(text: str) -> str:
    """Turn `CORP\\ada` into `ada`."""
    return _DOMAIN.sub("", text)


def with_spaces(text: str) -> str:
    """Put spaces behind periods: `Dr.Berg`. Put spaces instead of them in `ada.lovelace`."""
    text = _INITIAL.sub(r"\g<0> ", text)
    first = text.partition(".")[0]
    is_login = _LOGIN.fullmatch(text) and not (is_title(first) or is_abbreviation(f"{first}."))
    if " " not in text and (text.islower() or is_login):
        text = text.replace(".", " ")
    return _PERIOD_BEFORE_WORD.sub(". ", text)
