"""Removes degrees and orders behind a name: `Ada Hill, Ph.D.` and `Ada Hill CBE`."""

from __future__ import annotations

import re
from typing import Final

from agent.core.names.no_name import is_group
from agent.core.names.word_lists import DEGREES, SUFFIXES, is_title, plain

_KNOWN: Final = re.compile(
    r"(?:[,\s]\s*(?:(?i:Ph\.? ?D)|M\.D|MD|MBA|MBBS|[BM](?:\. ?)?(?:Sc|Tech|Ed|Eng|Com)|D\.?Phil"
    r"|LL\.?[BM]|Esq|CPA|DDS|PMP)\.?)+(?=\s*(?:,|$))"
)
_DOTTED: Final = re.compile(r"[^\W\d_]{1,4}\.(?:[^\W\d_ªº]{1,4}\.?)+")
"""`B.A.` and `P.Eng.`; behind two words of a name they are hardly initials."""
_NO_VOWELS: Final = re.compile(r"(?!NG$|[VX]+$)[B-DF-HJ-NP-TV-Z]{2,}")
"""`FRCS` and `QC`, but neither the name `NG` nor numbers."""


def without_degrees(text: str) -> str:
    """Remove known degrees, and behind two words of a name what looks like one."""
    words = _KNOWN.sub("", text).split()
    while len(words) > 2 and _looks_like_degree(words[-1]) and not is_group(words):
        words.pop()
    return " ".join(words)


def _looks_like_degree(word: str) -> bool:
    key = plain(word)
    return key not in SUFFIXES and bool(
        key in DEGREES or _NO_VOWELS.fullmatch(word) or _DOTTED.fullmatch(word)
    )


def is_degree_after_comma(word: str, *, in_capitals: bool) -> bool:
    """True for words in capitals, and for abbreviations, but not for initials.

    Args:
        in_capitals: the whole name is in capitals.
    """
    if len(word.rstrip(".")) < 2:
        return False
    return (word.isupper() and not in_capitals) or (
        "." in word and (word.islower() or not is_title(word))
    )
