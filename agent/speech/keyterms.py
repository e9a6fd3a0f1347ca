"""Limits the terms that speech recognition is told: names and technical words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_MOST_TERMS: Final = 100
_MOST_CHARACTERS: Final = 100
_MOST_TOKENS: Final = 450
"""Deepgram allows 100 terms of 100 characters and 500 tokens, and refuses the connection otherwise
(https://developers.deepgram.com/docs/keyterm). A token is a part of a word. A safe estimate is one
token for every two ASCII characters and one for every other character; 450 leaves a margin."""
_SEPARATORS = re.compile(r"[,;:\s]+")
"""Deepgram uses `,` and `;` between terms, and `:` before a weight."""


def usable_keyterms(terms: Iterable[str]) -> list[str]:
    """Return the terms that fit into Deepgram's limits, in their order and each once."""
    found: list[str] = []
    tokens = 0
    for term in terms:
        term = _SEPARATORS.sub(" ", term).strip()
        if not term or len(term) > _MOST_CHARACTERS or term in found:
            continue
        ascii_characters = sum(map(str.isascii, term))
        tokens += len(term) - ascii_characters // 2
        if tokens > _MOST_TOKENS or len(found) == _MOST_TERMS:
            break
        found.append(term)
    return found
