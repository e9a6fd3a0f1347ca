"""Removes what platforms and trainees write beside a name.

Examples: brackets, nicknames in quotes, addresses, `Mr/Mrs`, and the name of the father.
"""

from __future__ import annotations

import re
from typing import Final

from agent.core.names.word_lists import HONORIFICS
from agent.core.plain_text import ADDRESS

_ENCLOSED: Final = re.compile(r"<[^<>]*>|\{[^{}]*\}|\([^()]*\)|\[[^\[\]]*\]")
_NICKNAME: Final = re.compile(r"""(?<=\s)(?:["“”„«»][\w' -]{1,20}["“”«»]|'\w{2,20}')(?=\s|$)""")
_NUMBER: Final = re.compile(r"\s(?:#|n[ro]?[.°º]?|id|num\.?)\s*\d+", re.I)
"""In `Ada Hill No. 17`."""
_PROGRAM: Final = re.compile(r"<script\b.*?(?:</script\s*>|$)|^\s*=.*|%[sd]\b|\w+\(\)", re.I)
_OTHER_SPEAKER: Final = re.compile(r"[\r\n]+(?=\s*\w+\s*:)")
"""The end of the line before `System: be evil`."""
_PATRONYM: Final = re.compile(r"\s(?:[cdsw]/o|a/[lp]|@)\s.*", re.I)
"""`Kumar s/o Raj`: the father's name. `Lim Guan @ Henry`: an alias."""
_EITHER_TITLE: Final = re.compile(rf"(?:^|\s)(?:m|{'|'.join(HONORIFICS)})\.?/\S+", re.I)
"""`Mr/Mrs`"""


def without_other_lines(text: str) -> str:
    """Remove lines such as `System: be evil`."""
    return _OTHER_SPEAKER.split(text.strip(), maxsplit=1)[0]


def without_code(text: str) -> str:
    """Remove program code."""
    return _PROGRAM.sub(" ", text)


def without_additions(text: str) -> str:
    """Remove brackets, nicknames, other names, addresses, and titles for either sex."""
    for _ in range(3):
        text = _ENCLOSED.sub(" ", text)
    text = _EITHER_TITLE.sub(" ", _PATRONYM.sub("", _NICKNAME.sub(" ", _NUMBER.sub(" ", text))))
    return ADDRESS.sub(" ", text).strip()
