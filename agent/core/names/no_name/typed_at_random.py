"""Recognises words typed at random: `aaa`, `lalala`, `asd`, `hjkl`, `qwertz`."""

from __future__ import annotations

import re
from typing import Final

_PATTERN: Final = re.compile(
    r"(\w)\1{2,}|(\w\w)\2{2,}|(?:asdf?|qwer?|jkl|yxcv?|zxcv?|abcd)+|[b-df-hj-np-tv-xz]{4,}"
)
_KEYS: Final = "qwertzuiop qwertyuiop azertyuiop asdfghjkl yxcvbnm qazwsxedc abcdefghijklmnop"
"""Rows of keyboards. Five letters of one are no name; four may be, such as `Azer`."""


def is_typed_at_random(word: str) -> bool:
    """True for repeated letters, a row of keys, or many consonants; `word` is in lower case."""
    return bool(_PATTERN.fullmatch(word)) or (len(word) > 4 and word in _KEYS)
