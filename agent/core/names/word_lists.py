"""The words of names, titles and placeholders, from `word_lists.json`, all without a period."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Any, Final

_WORDS: Final[dict[str, Any]] = json.loads(
    Path(__file__).with_name("word_lists.json").read_text(encoding="utf-8")
)

HONORIFICS: Final = frozenset(_WORDS["honorifics"])
"""Titles that are not a name on their own."""
TITLES: Final = HONORIFICS | frozenset(_WORDS["other_titles"])
"""Words that may end with a period, as single letters may."""
_DEGREE_FIELDS: Final = frozenset(_WORDS["degree_fields"])
"""Fields of a degree. They count only after a title or another field: `Dr. rer. nat.`"""
DEGREES: Final = frozenset(_WORDS["degrees"])
"""Degrees and orders behind two words of a name: `Ann Hill CBE`."""
SUFFIXES: Final = frozenset(_WORDS["suffixes"])
PARTICLES: Final = frozenset(_WORDS["particles"])
"""Words that are in lower case in a name that is otherwise capitalised."""
LOWER_CASE_PARTICLES: Final = frozenset(_WORDS["lower_case_particles"])
"""Particles that are seldom names: `JAN VAN DER BERG` becomes `Jan van der Berg`."""
NO_NAME: Final = frozenset().union(*_WORDS["no_name"].values())
"""Placeholders, departments and replies. Text of only these words is not a name."""
NAMES_TOO: Final = frozenset(_WORDS["names_too"])
"""Words of `NO_NAME` that are given names if they stand alone with a capital: `Na`, `Rien`."""
OCCUPATION_STEMS: Final[list[str]] = _WORDS["occupation_stems"]
"""Parts of occupations that no surname has: `mechani`; regular expressions."""
MISSING_PART: Final = frozenset(_WORDS["missing_part"])
"""Placeholders for a missing part of a name: `Ada undefined`, `FNU Sharma`."""
MISSING_PART_IN_CAPITALS: Final = frozenset(_WORDS["missing_part_in_capitals"])
"""Placeholders for a missing part, unless the whole name is in capitals: `Ada NULL`."""
MISSING_GIVEN_NAME: Final = frozenset(_WORDS["missing_given_name"])
"""Placeholders for a missing part in front of another word: `None Smith`."""
GROUPS: Final = frozenset(_WORDS["groups"])
"""Companies, teams and devices. Text with one of these words is not a name."""
GROUPS_AS_WRITTEN: Final = frozenset(_WORDS["groups_as_written"])
"""Companies, if the last word is written like this: `Siemens AG`, but not `Ali Ag Omar`."""
INSULTS: Final = frozenset(_WORDS["insults"])
ONLY_IN_SENTENCES: Final = frozenset(_WORDS["only_in_sentences"])
"""Words of sentences that no name begins with."""
SENTENCE_WORDS: Final = ONLY_IN_SENTENCES | frozenset(_WORDS["sentence_words"])
"""All words of sentences. Some are names, too (`Wilhelm Tell`), so it takes two of them."""
ABBREVIATIONS: Final[dict[str, str]] = _WORDS["abbreviations"]
"""Abbreviations, with or without a period, and the words to say for them."""
ABBREVIATIONS_WITH_PERIOD: Final[dict[str, str]] = _WORDS["abbreviations_with_period"]
"""Abbreviations only with a period; without one, they are names themselves."""
PARTICLES_TO_SAY: Final[dict[str, str]] = _WORDS["particles_to_say"]
"""Abbreviated particles, in lower case and with a period, and the words to say for them."""
PRONOUNCED_AS_WRITTEN: Final = frozenset(_WORDS["pronounced_as_written"])
"""Abbreviations that voices pronounce correctly."""


def plain(word: str) -> str:
    """Return a word as it is in the lists: `Dr.` as `dr`."""
    return word.strip("'.").casefold()


def has_letters(text: str) -> bool:
    """True if the text contains a letter."""
    return any(unicodedata.category(c)[0] == "L" for c in text)


def is_in_capitals(word: str) -> bool:
    """True for `DUPONT` and `GROß`."""
    return word.replace("ß", "").isupper()


def is_title(word: str) -> bool:
    """True for `Prof.`, `Dr.-Ing.` and `med.`"""
    return TITLES.issuperset(re.split("[.-]+", plain(word))) or is_degree_field(word)


def is_degree_field(word: str) -> bool:
    """True for `med.`, `h.c.` and `phil`: any abbreviation in lower case may be one."""
    if word.endswith(".") and word.islower():
        return True
    return _DEGREE_FIELDS.issuperset(plain(word).split("."))
