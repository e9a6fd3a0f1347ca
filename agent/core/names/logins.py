"""Reads names from logins: `CORP\\ada`, `ada.lovelace`, and `Dr.Berg` without a space."""

from __future__ import annotations

import re
from typing import Final

from agent.core.names.abbreviations import is_abbreviation
from agent.core.names.word_lists import is_title

_DOMAIN: Final = re.compile(r"^[\w.-]+\\(?![nrt][A-Z])(?=[\w.-]{3,}$)")
"""Not `Ada\\nLovelace`, which has an escaped line break."""
_LOGIN: Final = re.compile(r"[^\s.]{2,}(?:\.[^\s.]{2,})+")
_PERIOD_BEFORE_WORD: Final = re.compile(
    r"(?:(?<=[^\W\d_][^\W\d_])\.(?=[^\W\d_])|\.(?=[^\W\d_]{2}))(?!(?:co|ssa|ra|na|a|[ªº])\b)"
)
"""In `Dr.Berg` and `J.R.Hill`, but not in `Dott.ssa`."""


def without_domain(text: str) -> str:
    """Turn `CORP\\ada` into `ada`."""
    return _DOMAIN.sub("", text)


def with_spaces(text: str) -> str:
    """Put a space instead of the period of a login, and behind other periods before a word."""
    first = text.partition(".")[0]
    has_title = is_title(first) or is_abbreviation(f"{first}.")
    if _LOGIN.fullmatch(text) and not has_title:
        return text.replace(".", " ")
    return _PERIOD_BEFORE_WORD.sub(". ", text)
