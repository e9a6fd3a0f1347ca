"""Decides where a name ends: at punctuation, at a word in lower case, or at a period."""

from __future__ import annotations

import re
from typing import Final

from agent.core.names.abbreviations import is_abbreviation
from agent.core.names.characters import letters_of
from agent.core.names.no_name import is_placeholder, is_sentence, without_missing_parts
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
_LOGIN: Final = re.compile(r"[^\s.]{2,}(?:\.[^\s.]{2,})+")
_PERIOD_BEFORE_WORD: Final = re.compile(
    r"(?:(?<=[^\W\d_][^\W\d_])\.(?=[^\W\d_])|\.(?=[^\W\d_]{2}))(?!(?:co|ssa|ra|na|a|[ªº])\b)"
)
"""In `Dr.Berg` and `J.R.Hill`, but not in `Dott.ssa`."""
_CODE: Final = re.compile(r"\d-?[^\W\d_]|^[^\W\d_]{1,2}-?\d{3,}$")
"""In `3f25` and `U00123`. A name may end with digits: `Ada99`."""


def before_punctuation(text: str) -> str:
    """Return the first part with letters before punctuation that names do not have."""
    return next((part for part in _ENDS.split(text) if has_letters(part)), "")


def words_of_name(text: str) -> list[str]:
    """Return the words before the first one that is not part of the name."""
    tokens = [token for token in _BETWEEN_WORDS.split(_with_spaces(text)) if token][:_TOKENS_MAX]
    tokens = without_missing_parts(tokens, in_capitals=text.isupper())
    words = [word for token in tokens if not _CODE.search(token) if (word := letters_of(token))]
    for at, word in enumerate(words):
        before, after = words[:at], words[at + 1 :]
        if before and is_degree_field(word) and is_title(before[-1]):
            continue  # `Dr. med.`
        if _is_text_after(before, word):
            words = [] if _is_one_text(before, word, after) else before
            break
        if word.endswith(".") and not _may_have_period(word, after):
            words = [*before, word.rstrip(".")]
            break
    return [] if is_sentence(words) else words


def _with_spaces(text: str) -> str:
    """Put spaces between the words of `ada.lovelace` and `Dr.Berg`."""
    first = text.partition(".")[0]
    has_title = is_title(first) or is_abbreviation(f"{first}.")
    if _LOGIN.fullmatch(text) and not has_title:
        return text.replace(".", " ")
    return _PERIOD_BEFORE_WORD.sub(". ", text)


def _is_text_after(before: list[str], word: str) -> bool:
    """True for a word in lower case after a capitalised one, except in `De sousa`."""
    if not any(known[0].isupper() for known in before) or not ends_name(word):
        return False
    return not (before[-1].istitle() and plain(before[-1]) in LOWER_CASE_PARTICLES)


def _is_one_text(before: list[str], word: str, after: list[str]) -> bool:
    """True if the text begins before `word`: `Leck mich`, `Retail manager`."""
    if sum(not is_title(known) for known in before) > 1:
        return False
    has_sentence_word = not SENTENCE_WORDS.isdisjoint(map(plain, [*before, word]))
    return bool(after) or has_sentence_word or is_placeholder(word)


def ends_name(word: str) -> bool:
    """True for a word in lower case that no name has after a capitalised word."""
    return word.islower() and plain(word) not in PARTICLES | TITLES


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
