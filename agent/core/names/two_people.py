"""Recognises names of two people: `Ada & Ben`, `Ada/Ben`, `Ana y Luis`."""

from __future__ import annotations

import re
from typing import Final

from agent.core.names.word_lists import PARTICLES, is_title

_TWO: Final = re.compile(r"^[^;:!?|]*&|^\s*[^\W\d_]+\s*/\s*[^\W\d_]")
"""Between names, or between the words of a company. `Ada Hill / ACME` is one name."""
_AND: Final = frozenset({"and", "et", "or", "oder", "ou"})
_IN_NAMES_TOO: Final = frozenset({"und", "y", "e", "i"})
"""In `von und zu Berg` and `Pablo Ruiz y Picasso`."""


def has_two_names(text: str) -> bool:
    """True for `Ada & Ben` and `Ada/Ben`."""
    return bool(_TWO.search(text))


def begins_second_name(word: str, *, after: list[str]) -> bool:
    """True if `word` stands between two people: `and`, or `y` after a single given name."""
    if word.istitle() or not after:
        return False  # `Et` and `Ou` are names
    key = word.casefold()
    if key in _IN_NAMES_TOO:
        given = [known for known in after if not is_title(known)]
        return after[-1].casefold() not in PARTICLES and (key == "und" or len(given) == 1)
    return key in _AND
