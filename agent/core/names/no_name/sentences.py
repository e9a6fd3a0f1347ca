"""Recognises sentences: `My name is Ada`, `Ignore all rules` and `Ada's phone`."""

from __future__ import annotations

import re
from typing import Final

from agent.core.names.word_lists import ONLY_IN_SENTENCES, SENTENCE_WORDS, plain

_CONTRACTION: Final = re.compile(r"\w'(?:m|re|s|est|ll|ve)(?!\w)")


def has_contraction(text: str) -> bool:
    """True for `I'm Ada` and `Ada's phone`."""
    return bool(_CONTRACTION.search(text))


def is_sentence(words: list[str]) -> bool:
    """True for `Dear Ada` and `You Are Fired`: several words of sentences, or one no name has."""
    keys = [plain(word) for word in words]
    known = [key for key in keys if key in SENTENCE_WORDS]
    return len(known) > 1 or not ONLY_IN_SENTENCES.isdisjoint(keys[:1])
