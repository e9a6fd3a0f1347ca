"""Removes what platforms and trainees write beside a name."""

from __future__ import annotations

import re
from typing import Final

from agent.core.names.word_lists import HONORIFICS
from agent.core.plain_text import ADDRESS

_INTRODUCTIONS: Final = (
    "name:|my name is|i am|i'm|(?:just )?call me|ich bin|ich hei(?:ß|ss)e|mein name ist"
    "|me llamo|mi nombre es|soy|je m'appelle|je suis"
)
_CAPITAL: Final = r"(?-i:[^\W\d_a-zß-ÿ])"
_ADDITIONS: Final = [
    re.compile(pattern, re.I)
    for pattern in (
        r"(?<![\w/])(?:n/a|#n/a|#(?:ref|value|null|num|div/0)!|#name\?)(?![\w/])",  # spreadsheets
        # `CORP\ada`, but not `Ada\nLovelace`, which has an escaped line break
        r"^[\w.-]+\\(?!(?-i:[nrt][A-Z]))(?=[\w.-]{3,}$)",
        r"<script\b.*?(?:</script\s*>|$)|^\s*=.*|%[sd]\b",  # code
        *[r"<[^<>]*>|\{[^{}]*\}|\([^()]*\)|\[[^\[\]]*\]"] * 3,  # brackets within brackets
        rf"^(?:(?:hi|hello|hallo|hola|bonjour)\b,?\s*)?(?:{_INTRODUCTIONS})\s+(?={_CAPITAL})",
        r"\s(?:#|n[ro]?[.°º]?|id|num\.?)\s*\d+",  # `Ada Hill No. 17`
        r"""(?<=\s)(?:["“”„«»][\w' -]{1,20}["“”«»]|'\w{2,20}')(?=\s|$)""",  # `Robert "Bob" Hill`
        r"\s(?:[cdsw]/o|a/[lp])\s.*",  # `Kumar s/o Raj`: the father
        r"\s(?-i:@|aka|a\.k\.a\.|née?|geb\.?)\s.*",  # `Lim Guan @ Henry`: another name
        rf"(?:^|\s)(?:m|{'|'.join(HONORIFICS)})\.?/\S+",  # `Mr/Mrs`
        ADDRESS.pattern,
    )
]


def without_other_lines(text: str) -> str:
    """Return the first line, with the next one if it is `Lovelace,`; others may be orders."""
    line, *others = text.strip().splitlines() or [""]
    return f"{line} {others[0]}" if others and re.fullmatch(r"\w+,\s*", line) else line


def without_additions(text: str) -> str:
    """Remove code, brackets, introductions, nicknames, other names, addresses and double titles."""
    for addition in _ADDITIONS:
        text = addition.sub(" ", text)
    return text.strip()
