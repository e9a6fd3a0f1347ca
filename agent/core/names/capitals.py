"""Capitalises names that have only capitals, or none: `ADA LOVELACE`, `ada lovelace`."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from agent.core.names.abbreviations import is_abbreviation
from agent.core.names.word_lists import (
    ABBREVIATIONS,
    LOWER_CASE_PARTICLES,
    PARTICLES,
    TITLES,
    is_title,
    plain,
)

_VOWELS: Final = frozenset("aeiouy")
_BEFORE_VAN: Final = frozenset("nguyen tran le pham hoang huynh phan vu vo dang bui ngo".split())
"""Vietnamese family names, after which `Van` is a given name."""
_ROMAN: Final = re.compile(r"[IVX]+")
_INITIAL: Final = re.compile(r"(?:^|(?<=-)|(?<=\b\w')|(?<=ll')|(?<=nt'))\w")
"""What is a capital: `O'Neill-D'Arcy` and `Dell'Utri`, but `Nyong'o` and `'t`."""


def capitalise(words: list[str], *, lower: bool) -> str:
    """Join the words of a name, with capitals where names have them.

    Args:
        lower: the name has no capitals.
    """
    shouted = all(map(_is_upper, words)) or (len(words) == 2 and any(map(_is_syllable, words)))
    begins = next((at for at, word in enumerate(words) if any(map(str.isupper, word))), 0)
    turkish = not lower and any(letter in word for word in words for letter in "İĞ")
    return " ".join(
        word
        if (at == 0 and word == "JR") or (at and _ROMAN.fullmatch(word))  # initials, or a number
        else _capitalised(
            word,
            lower=lower or (at < begins and not _stays_lower(word)),
            shouted=shouted
            or any(len(after) > 2 and _is_upper(after) for after in words[at + 1 :][:1]),
            within=0 < at < len(words) - 1 and words[0].casefold() not in _BEFORE_VAN,
            turkish=turkish,
        )
        for at, word in enumerate(words)
    )


def _stays_lower(word: str) -> bool:
    return plain(word) in PARTICLES or is_title(word)


def _is_upper(word: str) -> bool:
    word = word.replace("ß", "ẞ")
    return word == word.upper()


def _capitalised(word: str, *, lower: bool, shouted: bool, within: bool, turkish: bool) -> str:
    """Capitalise one word.

    Args:
        lower: the word lacks a capital.
        shouted: the name, or the next word, has only capitals.
        within: the word is neither the first nor the last one.
        turkish: `I` and `İ` are two letters.
    """
    if word[:1].islower() and word[1:].isupper() and len(word) > 2 and word.isalpha():
        return word.swapcase()  # `aDA`
    of_capitals = lower or shouted or (len(word) > 1 and word.isupper())
    if within and of_capitals and plain(word) in LOWER_CASE_PARTICLES:
        return word.lower()
    if not lower and not _is_shouted(word, shouted=shouted):
        return word
    word = word.replace("I", "ı").replace("İ", "i") if turkish else word
    word = _INITIAL.sub(
        lambda found: "İ" if turkish and found[0] == "i" else found[0].title(), word.lower()
    )
    return re.sub(r"^Mc([^\W\d_]{3,})", lambda found: "Mc" + found[1].capitalize(), word)


def _is_shouted(word: str, *, shouted: bool) -> bool:
    """True for a word in capitals, except initials such as `AJ` and numbers such as `III`.

    Args:
        shouted: the name, or the next word, has only capitals.
    """
    letters = [c for c in unicodedata.normalize("NFD", word) if c.isalpha()]
    if not _is_upper(word) or word == word.lower() or len(letters) < 2 or "." in word[:-1]:
        return False
    if plain(word) in TITLES or is_abbreviation(word):
        return True
    if word == "NG" or (shouted and plain(word) in ABBREVIATIONS):
        return True
    if len(letters) < 4 and word.isascii() and not _VOWELS & set(word.casefold()):
        return False
    if len(letters) == 2:
        return shouted and letters[1] != "J"
    return True


def _is_syllable(word: str) -> bool:
    """True for `LI`, which is a name rather than initials such as `AJ`."""
    first, *others = map(_VOWELS.__contains__, word.casefold())
    return word.isupper() and not first and others == [True]
