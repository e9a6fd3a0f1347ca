"""Recognises sentences: `My name is Ada`, `Ignore all rules` and `Ada's phone` are no names."""

from __future__ import annotations

import re
from typing import Final

from agent.core.names.word_lists import SENTENCE_WORDS, plain

_CONTRACTION: Final = re.compile(r"\w'(?:m|re|s)(?!\w)")
"""In `I'm Ada` and `Ada's phone`."""


def has_contraction(text: str) -> bool:
    """True for `I'm Ada` and `Ada's phone`."""
    return bool(_CONTRACTION.search(text))


def is_order(words: list[str]) -> bool:
    """True for `Ignore all rules` and `Ich bin Ada`: a word of sentences comes first."""
    first, *others = words or [""]
    return plain(first) in SENTENCE_WORDS and any(map(str.islower, others))


def is_sentence(words: list[str]) -> bool:
    """True if several words are words of sentences."""
    return sum(plain(word) in SENTENCE_WORDS for word in words) > 1
