"""Cleans a name, so that a page can show it and a voice can say it.

The agent says the name aloud, so a hostile "name" could make it say anything. A clean name
therefore has only the characters and words that names have. The rules of `clean_name`:

1. Brackets, nicknames in quotes, addresses and academic degrees are removed. Titles, initials,
   particles and suffixes stay: `Prof. Dr. Anna von der Au Jr.`
2. `Lovelace, Ada` becomes `Ada Lovelace`.
3. The name ends at punctuation that names do not have. It also ends at a word in lower case that
   follows a capitalised one, unless it is a particle.
4. A period ends the name, except after a title, an initial, or an abbreviation of at most four
   letters before further words of a name. `Md. Rahim Uddin` stays; `Ada. Ignore your instructions`
   becomes `Ada`. After an unknown abbreviation, at most three words may follow, and no imperative,
   pronoun or article: `Leo. Tell Me A Joke` becomes `Leo`.
5. Words in capitals, and names without capitals, are capitalised: `ADA LOVELACE`, `ada lovelace`.
6. Placeholders such as `null`, `N/A` and `User 123` give an empty name. As part of a longer name
   they stay if they can be surnames: `Christopher Null`, but not `Ada NULL` or `N/A Smith`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from agent.core.names.abbreviations import is_abbreviation
from agent.core.names.capitals import capitalise
from agent.core.names.placeholders import (
    is_placeholder,
    without_missing_cells,
    without_missing_parts,
)
from agent.core.names.words import (
    PARTICLES,
    SENTENCE_WORDS,
    SHORT_PARTICLES,
    SUFFIXES,
    TITLES,
    has_letters,
    is_degree_field,
    is_title,
    plain,
)
from agent.core.plain_text import ADDRESS, APOSTROPHES, cut, few_marks, unescaped

_MAX: Final = 60  # characters
_WORDS_MAX: Final = 6
_WORDS_MAX_WITHOUT_CAPITALS: Final = 4
_ABBREVIATION_MAX: Final = 4  # letters
_AFTER_ABBREVIATION_MAX: Final = 3  # words, without particles and titles

_MARKS: Final = (
    APOSTROPHES | dict.fromkeys(map(ord, "`‛′"), "'") | dict.fromkeys(map(ord, "‐‑‒−﹣－"), "-")
)
_SYMBOL_LETTERS: Final = (
    (re.compile(r"(?<=[A-Z])\$(?=[A-Z])"), "S"),
    (re.compile(r"(?<=[^\W\d_])\$(?=[^\W\d_])"), "s"),
    (re.compile(r"(?<=[^\W\d_])!(?=[a-z])"), "i"),
)
"""Symbols in place of letters, which would end the name: `Ke$ha`, `P!nk`."""
_ENCLOSED: Final = re.compile(r"<[^<>]*>|\{[^{}]*\}|\([^()]*\)|\[[^\[\]]*\]")
_NICKNAME: Final = re.compile(r"""(?<=\s)(?:["“”„«»][\w' -]{1,20}["“”«»]|'\w{2,20}')(?=\s)""")
_DEGREE: Final = re.compile(
    r"(?:[,\s]\s*(?:Ph\.? ?D|M\.D|MD|MBA|M\.?Sc|B\.?Sc|D\.?Phil|LL\.?[BM]|Esq|CPA|DDS|PMP)"
    r"|,\s*(?:[BM]\.?A|RN))\.?(?=\s*(?:,|$))"
)
_PATRONYM: Final = re.compile(r"\s(?:[sd]/o|a/[lp])\s.*", re.I)
"""`Kumar s/o Raj`: the father's name."""
_DETACHED: Final = re.compile(r"\b([DNO]') (?=[^\W\d_])")
"""In `O' Brien`."""
_ENDS: Final = re.compile(r"[!?;:…。！？；：؟۔।॥|\\#*=~%$<>{}()\[\]—]|(?:^|\s)[-–]+(?=\s|$)")
_BETWEEN_WORDS: Final = re.compile(r"[_/+&,،、・\s]+")
_PERIOD_BEFORE_WORD: Final = re.compile(
    r"(?<=[^\W\d_][^\W\d_])\.(?=-?[^\W\d_])(?!(?:co|ssa|ra|na|a|[ªº])\b)"
)
_LOGIN: Final = re.compile(r"[^\W\d_]{2,}(?:\.[^\W\d_]{2,})+")
"""`ADA.LOVELACE`"""
_CODE: Final = re.compile(r"\d[^\W\d_]")
"""In `3f25`; a name may only end with digits: `Ada99`."""


def clean_name(value: object) -> str:
    """Return the name for the page, captions, LLM and STT; empty if `value` is not a name."""
    text = without_missing_cells(unescaped(value).translate(_MARKS))
    if is_placeholder(text):
        return ""
    for _ in range(3):
        text = _ENCLOSED.sub(" ", text)
    for symbol, letter in _SYMBOL_LETTERS:
        text = symbol.sub(letter, text)
    text = ADDRESS.sub(" ", _PATRONYM.sub("", _NICKNAME.sub(" ", text)))
    text = _DETACHED.sub(r"\1", text)
    text = next((part for part in _ENDS.split(text) if has_letters(part)), "")
    text = _given_name_first(_DEGREE.sub("", _normalised(text).strip()))
    if " " not in text and (text.islower() or (text.isupper() and _LOGIN.fullmatch(text))):
        text = text.replace(".", " ")  # `ada.lovelace`
    words = _words_of_name(_PERIOD_BEFORE_WORD.sub(". ", text))
    name = _fitted(words)
    return "" if is_placeholder(name) else name


def _normalised(text: str) -> str:
    """Remove symbols, and replace forms of letters (`Ａ`) except those of `M.ª`."""
    kept = (
        c if c in "ªº" else unicodedata.normalize("NFKC", c)
        for c in unicodedata.normalize("NFC", text)
        if unicodedata.category(c)[0] != "S"
    )
    return unicodedata.normalize("NFC", "".join(kept)).replace("l·l", "ll").replace("·", " ")


def _given_name_first(text: str) -> str:
    """Turn `Lovelace, Ada` into `Ada Lovelace`; drop any other text after a comma."""
    parts = [part.strip() for part in text.split(",") if has_letters(part)]
    suffix = parts.pop() if len(parts) > 1 and plain(parts[-1]) in SUFFIXES else ""
    if len(parts) == 2:
        family, given = parts
        words = given.split()
        is_given = not any(_ends_name(word) and not is_degree_field(word) for word in words)
        if is_given or (family.islower() and len(words) <= 2):
            parts = [given, family]
        else:
            parts = [family]
    return " ".join([*parts[:2], suffix]).strip()


def _words_of_name(text: str) -> list[str]:
    """Return the words before the first one that is not part of the name."""
    tokens = [token for token in _BETWEEN_WORDS.split(text) if token]
    tokens = without_missing_parts(tokens, in_capitals=text.isupper())
    words: list[str] = []
    for at, token in enumerate(tokens):
        if _CODE.search(token):
            continue
        word = _word(token)
        if not word:
            continue
        following = tokens[at + 1 :]
        if words and is_degree_field(word) and is_title(words[-1]) and not _is_sentence(following):
            words.append(word)
            continue
        if _ends_name(word) and any(known[0].isupper() for known in words):
            break
        if word.endswith(".") and not _may_have_period(word, following):
            words.append(word.rstrip("."))
            break
        words.append(word)
    return words


def _word(token: str) -> str:
    """Return a token's letters, with periods, apostrophes and hyphens where names have them."""
    parts = [_letters_of(part) for part in token.split(".")]
    *dotted, last = parts
    word = "".join(f"{part}." for part in dotted if part)
    return word + last


def _letters_of(text: str) -> str:
    text = few_marks(
        "".join(c for c in text if unicodedata.category(c)[0] in "LM" or c in "'-–\u200c\u200d")
    )
    text = re.sub(r"[-–]+", "-", text).strip("-")
    # Keep an apostrophe between letters, and in the Dutch 't.
    text = re.sub(r"(?<![^\W\d_])'+(?!t$)|'+(?![^\W\d_])", "", text).strip("-")
    return text if has_letters(text) else ""


def _may_have_period(word: str, following: list[str]) -> bool:
    """True after titles, initials, and abbreviations that are followed by a name."""
    parts = [part.rsplit("-", 1)[-1] for part in word.rstrip(".").split(".")]
    if plain(word) in TITLES or all(len(part) == 1 for part in parts):
        return True
    following = [token for token in following if has_letters(token)]
    if not following or len(parts[-1]) > _ABBREVIATION_MAX:
        return False
    if is_abbreviation(word):
        return word.islower() or not _ends_name(following[0])
    if _is_sentence(following):
        return False
    if plain(word) in SHORT_PARTICLES:
        return True
    return not any(map(_ends_name, following)) and not word.islower() and not word.isupper()


def _is_sentence(words: list[str]) -> bool:
    """True if the words after an abbreviation are text rather than a name."""
    of_name = [word for word in words if plain(word) not in PARTICLES and not is_title(word)]
    parts = {part for word in words for part in plain(word).split("-")}
    return len(of_name) > _AFTER_ABBREVIATION_MAX or not parts.isdisjoint(SENTENCE_WORDS)


def _ends_name(word: str) -> bool:
    """True for a word in lower case that no name has after a capitalised word."""
    return word.islower() and plain(word) not in PARTICLES | TITLES


def _fitted(words: list[str]) -> str:
    """Capitalise the words, and limit the name's length."""
    lower = all(word.islower() for word in words)
    titles = sum(is_title(word) and len(word) > 2 for word in words)  # not the `c.` of `h. c.`
    words = words[: titles + (_WORDS_MAX_WITHOUT_CAPITALS if lower else _WORDS_MAX)]
    kept = cut(" ".join(words), _MAX).split()
    while len(kept) > 1 and kept[-1].islower() and plain(kept[-1]) in PARTICLES and not lower:
        kept.pop()
    return capitalise(kept, lower=lower)
