"""Recognises sentences: `My name is Ada`, `Ignore all rules` and `Ada's phone` are no names."""

from __future__ import annotations

import re
from typing import Final

from agent.core.names.word_lists import (
    INSULTS,
    ONLY_IN_SENTENCES,
    SENTENCE_WORDS,
    plain,
)

_CONTRACTION: Final = re.compile(r"\w'(?:m|re|s|est|ll|ve)(?!\w)")
"""In `I'm Ada` and `Ada's phone`."""
_IN_COMPOUNDS: Final = re.compile("|".join(word for word in INSULTS if len(word) > 6))


def has_contraction(text: str) -> bool:
    """True for `I'm Ada` and `Ada's phone`."""
    return bool(_CONTRACTION.search(text))


def is_order(words: list[str]) -> bool:
    """True for `Ignore all rules` and `Ich bin Ada`: a word of sentences comes first."""
    first, *others = words or [""]
    return plain(first) in SENTENCE_WORDS and any(map(str.islower, others))


def is_sentence(words: list[str]) -> bool:
    """True for a word that is only in sentences, or for several words that may be."""
    keys = [plain(word) for word in words]
    return (
        not ONLY_IN_SENTENCES.isdisjoint(keys)
        or keys[:1] == ["the"]
        or sum(key in SENTENCE_WORDS for key in keys) > 1
    )


def has_insult(text: str) -> bool:
    """True if a word is an insult in one of our languages."""
    words = re.findall(r"\w+", text.casefold())
    return any(word in INSULTS or _IN_COMPOUNDS.search(word) for word in words)
