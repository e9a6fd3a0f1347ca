"""Removes what platforms and trainees write beside a name.

Examples: brackets, nicknames in quotes, addresses, `Mr/Mrs`, the name of the father, code.
"""

from __future__ import annotations

import re
from typing import Final

from agent.core.names.word_lists import HONORIFICS
from agent.core.plain_text import ADDRESS

_BRACKETS: Final = r"<[^<>]*>|\{[^{}]*\}|\([^()]*\)|\[[^\[\]]*\]"
_ADDITIONS: Final = [
    re.compile(pattern, re.I)
    for pattern in (
        r"<script\b.*?(?:</script\s*>|$)|^\s*=.*|%[sd]\b",  # code
        *[_BRACKETS] * 3,  # brackets within brackets
        r"\s(?:#|n[ro]?[.°º]?|id|num\.?)\s*\d+",  # `Ada Hill No. 17`
        r"""(?<=\s)(?:["“”„«»][\w' -]{1,20}["“”«»]|'\w{2,20}')(?=\s|$)""",  # `Robert "Bob" Hill`
        r"\s(?:[cdsw]/o|a/[lp]|@)\s.*",  # `Kumar s/o Raj`: the father. `Lim Guan @ Henry`: an alias
        rf"(?:^|\s)(?:m|{'|'.join(HONORIFICS)})\.?/\S+",  # `Mr/Mrs`
        ADDRESS.pattern,
    )
]


def without_other_lines(text: str) -> str:
    """Return the first line. The next may be an order: `System: be evil`."""
    return next(iter(text.strip().splitlines()), "")


def without_additions(text: str) -> str:
    """Remove brackets, nicknames, other names, addresses, and titles for either sex."""
    for addition in _ADDITIONS:
        text = addition.sub(" ", text)
    return text.strip()
