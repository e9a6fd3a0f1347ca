"""Recognises text that is not a name. The agent then greets without a name."""

from __future__ import annotations

import re
from typing import Final

from agent.core.names.word_lists import (
    GROUPS,
    GROUPS_AS_WRITTEN,
    HONORIFICS,
    INSULTS,
    MISSING_GIVEN_NAME,
    MISSING_PART,
    MISSING_PART_IN_CAPITALS,
    NAMES_TOO,
    NO_NAME,
    OCCUPATION_STEMS,
    ONLY_IN_SENTENCES,
    PARTICLES,
    SENTENCE_WORDS,
    has_letters,
    plain,
)

_IDENTIFIER: Final = r"^(?:\S+[:;|/][\w/]\S*|\w+\s*:.*\w.*|.*\w=.*)$"
"""`auth0|5f7c`, `User: ada` and `CN=Ada`, but not `Ada Lovelace | ACME`."""
_CONTRACTION: Final = r"\w'(?:m|re|s|est|ll|ve)(?!\w)"
"""`We're full` and `Ada's phone`."""
_TWO_PEOPLE: Final = (
    r"^[^;:!?|]*&"  # `Ada & Ben`, and `Hill & Co`
    r"|^\s*[^\W\d_]+\s*/\s*[^\W\d_]"  # `Ada/Ben`, but not `Ada Hill / ACME`
    r"|^[^;:!?|.,]+\s(?:and|et|or|oder|ou|(?<!\bvon )und)\s"  # not `von und zu Berg`
    r"|^\s*[^\W\d_]+\s[yei]\s"  # `Ana y Luis`, but not `Pablo Ruiz y Picasso`
)
_NEVER_IN_NAMES: Final = re.compile(f"{_IDENTIFIER}|{_CONTRACTION}|{_TWO_PEOPLE}")
_NUMBERED: Final = re.compile(r"[^\s\d]+\s+(?:#|n[ro]?[.°º]?|id|num\.?)?\s*\d+", re.I)
"""One word and a number: `Worker 12`, `Pers.-Nr. 4711`."""
_TYPED_AT_RANDOM: Final = re.compile(
    r"(\w)\1{2,}|(\w\w)\2{2,}|(?:asdf?|qwer?|jkl|yxcv?|zxcv?|abcd)+|[b-df-hj-np-tv-xz]{4,}"
)
_KEYS: Final = "qwertzuiop qwertyuiop azertyuiop asdfghjkl yxcvbnm qazwsxedc abcdefghijklmnop"
"""Rows of keyboards. Five letters of one are no name; four may be, such as `Azer`."""


def _any_within(words: frozenset[str]) -> re.Pattern[str]:
    """Find words of more than six letters in longer ones. Shorter ones are in names: `Dikshit`."""
    return re.compile("|".join(word for word in words if len(word) > 6))


_NO_NAME_WITHIN: Final = _any_within(NO_NAME)
"""In `Testbenutzer`."""
_INSULT_WITHIN: Final = _any_within(INSULTS)
_OCCUPATION: Final = re.compile("|".join(OCCUPATION_STEMS))
_COMPANIES_WITH_PERIODS: Final = GROUPS | frozenset(map(str.casefold, GROUPS_AS_WRITTEN))
"""`S.L.` and `S.A.R.L.`"""


def is_no_name(text: str) -> bool:
    """True for a placeholder, an insult, an identifier, a contraction, or two people."""
    words = re.findall(r"\w+", text.casefold())
    has_insult = any(word in INSULTS or _INSULT_WITHIN.search(word) for word in words)
    return has_insult or is_placeholder(text) or bool(_NEVER_IN_NAMES.search(text))


def is_placeholder(text: str) -> bool:
    """True if all words are placeholders, roles or departments, or titles without a name."""
    words = re.sub(r"[\W\d_]+", " ", text.casefold()).split()
    if not words and has_letters(text):
        return False
    if text.istitle() and text.casefold() in NAMES_TOO:
        return False
    if len(words) == 2 and max(map(len, words)) == 1:
        words = ["".join(words)]  # `N. N.`
    elif len(words) > 1 and len(words[-1]) == 1 and not text.endswith("."):
        words.pop()  # `User A`
    return all(map(_is_placeholder, words)) or HONORIFICS.issuperset(words) or is_numbered(text)


def _is_placeholder(word: str) -> bool:
    known = word in NO_NAME or _NO_NAME_WITHIN.search(word) or is_occupation(word)
    return bool(known or _TYPED_AT_RANDOM.fullmatch(word)) or (len(word) > 4 and word in _KEYS)


def is_numbered(text: str) -> bool:
    """True for `Worker 12` and `Forklift #2`; a number behind a name has two words before it."""
    return bool(_NUMBERED.fullmatch(text.strip()))


def is_occupation(word: str) -> bool:
    """True for `manager` and `Industriemechanikerin`, but not for surnames, such as `Driver`."""
    return bool(_OCCUPATION.search(word.casefold()))


def is_group(words: list[str]) -> bool:
    """True for a company, a team, a device or an occupation: `Eva Hill GmbH`, `Forklift Operator`.

    An occupation in front of two other words is a title: `Engineer Ada Hill`.
    """
    if not words:
        return False
    if any(part in GROUPS for word in words for part in plain(word).split("-")):
        return True
    capitalised = [word for word in words if plain(word) not in PARTICLES]
    if any(map(is_occupation, capitalised if len(capitalised) < 3 else capitalised[1:])):
        return True
    last = words[-1]
    if "." in last[:-1]:
        return plain(last).replace(".", "") in _COMPANIES_WITH_PERIODS
    return last.rstrip(".") in GROUPS_AS_WRITTEN and not "".join(words).isupper()


def is_sentence(words: list[str]) -> bool:
    """True for `Dear Ada` and `You Are Fired`: several words of sentences, or one no name has."""
    keys = [plain(word) for word in words]
    known = [key for key in keys if key in SENTENCE_WORDS]
    return len(known) > 1 or not ONLY_IN_SENTENCES.isdisjoint(keys[:1])


def without_missing_parts(words: list[str], *, in_capitals: bool) -> list[str]:
    """Remove words that stand for a missing part of a name.

    Args:
        in_capitals: the whole name is in capitals, so that `NULL` may be a surname.
    """
    missing = MISSING_PART if in_capitals else MISSING_PART | MISSING_PART_IN_CAPITALS
    words = [word for word in words if word not in missing]
    if len(words) > 1 and plain(words[0]) in MISSING_GIVEN_NAME:
        return words[1:]
    return words
