"""Decides where a name ends: at punctuation, at a word in lower case, or at a period."""

from __future__ import annotations

import re
from typing import Final

from agent.core.names.characters import letters_of
from agent.core.names.no_name.placeholders import without_missing_parts
from agent.core.names.no_name.sentences import is_sentence
from agent.core.names.word_lists import (
    LOWER_CASE_PARTICLES,
    PARTICLES,
    SENTENCE_WORDS,
    TITLES,
    has_letters,
    is_degree_field,
    is_title,
    plain,
)

_TOKENS_MAX: Final = 24
"""No name has more; a hostile one of 300 would cost half a second."""
_ABBREVIATION_MAX: Final = 4  # letters
_AFTER_ABBREVIATION_MAX: Final = 4  # words

_ENDS: Final = re.compile(r"[!?;:…。！？；：؟۔।॥|\\#*=~%$<>{}()\[\]—]|(?:^|\s)[-–/]+(?=\s|$)")
_BETWEEN_WORDS: Final = re.compile(r"[_/+&,،、・\s]+")
_CODE: Final = re.compile(r"\d-?[^\W\d_]|^[^\W\d_]{1,2}-?\d{3,}$")
"""In `3f25` and `U00123`. A name may end with digits: `Ada99`."""


def before_punctuation(text: str) -> str:
    """Return the first part with letters before punctuation that names do not have."""
    return next((part for part in _ENDS.split(text) if has_letters(part)), "")


def words_of_name(text: str) -> list[str]:
    """Return the words before the first one that is not part of the name."""
    tokens = [token for token in _BETWEEN_WORDS.split(text) if token][:_TOKENS_MAX]
    tokens = without_missing_parts(tokens, in_capitals=text.isupper())
    words: list[str] = []
    for at, token in enumerate(tokens):
        word = "" if _CODE.search(token) else letters_of(token)
        if not word:
            continue
        following = tokens[at + 1 :]
        if words and is_degree_field(word) and is_title(words[-1]):
            words.append(word)
            continue
        untitled = [known for known in words if not is_title(known)]
        begun = any(known[0].isupper() for known in words)
        last = words[-1] if words else ""
        after_particle = last.istitle() and plain(last) in LOWER_CASE_PARTICLES  # `Ann De sousa`
        if begun and ends_name(word) and not after_particle:
            if len(untitled) < 2 and (following or plain(word) in SENTENCE_WORDS):
                return []  # `My name is Ada`, `Leck mich`
            break
        if word.endswith(".") and not _may_have_period(word, following):
            words.append(word.rstrip("."))
            break
        words.append(word)
    return [] if is_sentence(words) else words


def _may_have_period(word: str, following: list[str]) -> bool:
    """True after titles, initials, and abbreviations that are followed by a name."""
    parts = [part.rsplit("-", 1)[-1] for part in word.rstrip(".").split(".")]
    if plain(word) in TITLES or all(len(part) == 1 for part in parts):
        return True
    return len(parts[-1]) <= _ABBREVIATION_MAX and not _is_text(following)


def _is_text(words: list[str]) -> bool:
    """True if the words after an abbreviation are text rather than a name."""
    parts = {part for word in words for part in plain(word).split("-")}
    has_words_of_sentences = len(words) > 1 and not parts.isdisjoint(SENTENCE_WORDS)
    return has_words_of_sentences or len(words) > _AFTER_ABBREVIATION_MAX


def ends_name(word: str) -> bool:
    """True for a word in lower case that no name has after a capitalised word."""
    return word.islower() and plain(word) not in PARTICLES | TITLES
