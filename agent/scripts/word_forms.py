"""Base forms: one spelling for the gender and number of a word, to compare roles and trainings.

`enfermeras` and `enfermero` have the same base form, as have `préparatrice` and `préparateur`. It
need not be a word: `enfermer`. Long German compounds lose the word for "training". The endings of
each language are in `word_forms.json`. Texts in other languages are compared as they are.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Final

from agent.core.locales import language_of

_SHORTEST: Final = 4
"""Shorter words have no endings to remove."""
_ENDINGS: Final = {
    language: [(re.compile(pattern), base) for pattern, base in rules]
    for language, rules in json.loads(
        Path(__file__).with_name("word_forms.json").read_text(encoding="utf-8")
    ).items()
}
_BOTH_GENDERS: Final = re.compile(
    r"(?<=[^\W\d_])\(?[·•*:_/.(-]-?"
    r"(?:innen|in|euse|trice|rice|ière|ère|ve|ne|che|ora|as|os|a|o|es|e|s)\b\)?"
    r"(?:[·.]s\b)?",
    re.I,
)
"""The second ending in `operario/a`, `Lagerist*in`, `agent·e·s` and `technicien(ne)`."""
_ANY_GENDER: Final = re.compile(r"(?<!\w)\(?[mwfdhx](?:\s?/\s?(?:in|[mwfdhxin]))+\)?(?!\w)", re.I)
"""`(m/w/d)`, `H/F`"""


@lru_cache(maxsize=4096)
def normalize_words(text: str, ignored: frozenset[str] = frozenset()) -> str:
    """Remove case, accents, punctuation and ignored words; one space remains between words."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(word for word in re.findall(r"[^\W_]+", plain) if word not in ignored)


@lru_cache(maxsize=8192)
def base_forms(text: str, locale: str, ignored: frozenset[str] = frozenset()) -> str:
    """Return the normalized words of a text, each in its base form."""
    text = _BOTH_GENDERS.sub("", _ANY_GENDER.sub(" ", text))
    endings = _ENDINGS.get(language_of(locale), [])
    return " ".join(_base_form(word, endings) for word in normalize_words(text, ignored).split())


def _base_form(word: str, endings: list[tuple[re.Pattern[str], str]]) -> str:
    for pattern, base in endings:
        if len(word) >= _SHORTEST:
            word = pattern.sub(base, word)
    return word
