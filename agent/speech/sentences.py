"""Where the sentences of a text begin and end, and which words it has."""

from __future__ import annotations

import re
from typing import Final

CLOSED: Final = r"(?:[\"')”“«»]|\s»)*"
"""Brackets and quotation marks behind the end of a sentence, in all languages."""
PIECE: Final = re.compile(rf".+?(?:[.!?:…]{CLOSED}\s+|\n\s*|\Z)", re.S)
"""A sentence, a clause before a colon, or a line; the last piece of a text may be incomplete."""
ENDED: Final = re.compile(rf"[.!?…。！？]{CLOSED}\s*\Z")
"""The end of a sentence."""
_SENTENCES: Final = re.compile(rf".*[.!?…。！？]{CLOSED}(?=\s|\Z)", re.S)
_LETTERS: Final = r"(?:[^\W_][\u0300-\u036f\u0900-\u0903\u093a-\u094f]*)+"
"""With accents and Hindi's vowel signs, which do not match `\\w`."""
_WORD: Final = re.compile(rf"{_LETTERS}(?:['’-]{_LETTERS})*")


def complete_sentences(text: str) -> str:
    """Return a text without the incomplete sentence at its end."""
    found = _SENTENCES.match(text)
    return found[0] if found else ""


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case: `mm-hm` and `that's` are one word each."""
    return [word.replace("’", "'") for word in _WORD.findall(text.lower())]
