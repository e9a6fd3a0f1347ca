"""Capitalises names that have only capitals, or none: `ADA LOVELACE`, `ada lovelace`."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from agent.core.names.word_lists import (
    ABBREVIATIONS,
    LOWER_CASE_PARTICLES,
    PARTICLES,
    TITLES,
    is_in_capitals,
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
    shouted = is_in_capitals("".join(words)) or (len(words) == 2 and any(map(_is_syllable, words)))
    turkish = any(letter in word for word in words for letter in "İĞ")
    begins = next((at for at, word in enumerate(words) if any(map(str.isupper, word))), 0)
    done: list[str] = []
    for at, word in enumerate(words):
        after = words[at + 1 : at + 2]
        within = bool(at and after) and words[0].casefold() not in _BEFORE_VAN
        lacks_capital = lower or (
            at < begins and plain(word) not in PARTICLES and not is_title(word)
        )
        if within and (lower or word.isupper()) and plain(word) in LOWER_CASE_PARTICLES:
            word = word.lower()
        elif (at == 0 and word == "JR") or (at and _ROMAN.fullmatch(word)):
            pass  # initials, or a number
        elif lacks_capital or _is_shouted(word, shouted=shouted or any(map(is_in_capitals, after))):
            word = _capitalised(word, turkish=turkish)
        done.append(word)
    return " ".join(done)


def _is_syllable(word: str) -> bool:
    """True for `LI`, which is a name rather than initials such as `AJ`."""
    return len(word) == 2 and word.isupper() and word[1].casefold() in _VOWELS


def _is_shouted(word: str, *, shouted: bool) -> bool:
    """True for a word in capitals, except initials such as `AJ` and `NTR`.

    Args:
        shouted: the name, or the next word, has only capitals.
    """
    if not is_in_capitals(word[1:]) or "." in word[:-1]:  # `aDA` is one, too
        return False
    if plain(word) in TITLES | ABBREVIATIONS.keys() or word == "NG":
        return True
    if word.isascii() and _VOWELS.isdisjoint(word.casefold()):
        return False
    letters = [c for c in unicodedata.normalize("NFD", word) if c.isalpha()]
    return len(letters) > 2 or (shouted and letters[1] != "J")


def _capitalised(word: str, *, turkish: bool) -> str:
    """Capitalise one word.

    Args:
        turkish: `I` and `İ` are two letters.
    """
    word = word.replace("I", "ı").replace("İ", "i") if turkish else word
    word = _INITIAL.sub(
        lambda found: "İ" if turkish and found[0] == "i" else found[0].title(), word.lower()
    )
    return re.sub(r"^Mc([^\W\d_]{3,})", lambda found: "Mc" + found[1].capitalize(), word)
