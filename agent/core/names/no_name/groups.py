"""Recognises companies, teams and devices: `Example GmbH`, `Sales Team`, `Eva's iPhone`."""

from __future__ import annotations

from typing import Final

from agent.core.names.word_lists import GROUPS, GROUPS_AS_WRITTEN, plain

_WITH_PERIODS: Final = GROUPS | frozenset(map(str.casefold, GROUPS_AS_WRITTEN))
"""`S.L.` and `S.A.R.L.`"""


def is_group(words: list[str]) -> bool:
    """True if a word is one of groups, or the last one is a form of company."""
    if not words:
        return False
    if any(part in GROUPS for word in words for part in plain(word).split("-")):
        return True
    last = words[-1]
    if "." in last[:-1]:
        return plain(last).replace(".", "") in _WITH_PERIODS
    return last.rstrip(".") in GROUPS_AS_WRITTEN and not "".join(words).isupper()
