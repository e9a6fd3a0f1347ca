"""Reads escapes, symbols in place of letters, and other forms of letters."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from agent.core.names.word_lists import has_letters
from agent.core.plain_text import APOSTROPHES, few_marks, unescaped

_MARKS: Final = (
    APOSTROPHES
    | dict.fromkeys(map(ord, "`‛′"), "'")
    | dict.fromkeys(map(ord, "‐‑‒־−﹣－"), "-")
    | str.maketrans("（）［］｛｝＜＞", "()[]{}<>")
)
_SYMBOL_LETTERS: Final = (
    (re.compile(r"(?<=[A-Z])\$(?=[A-Z])"), "S"),
    (re.compile(r"(?<=[^\W\d_])\$(?=[^\W\d_])"), "s"),
    (re.compile(r"(?<=[^\W\d_])!(?=[a-z])"), "i"),
    (re.compile(r"\s\+\s"), " & "),
    (re.compile(r"\+"), " "),
    (re.compile(r"(?<=\s)'T(?=\s)"), "'t"),
)
"""Symbols in place of letters and spaces, which would end the name: `Ke$ha`, `P!nk`, `Ada+Li`."""
_DAMAGED: Final = re.compile(
    r"\ufffd|\?[^\W\d_]|[^\W\d_]\?(?!\s*$)|^\s*\S+\?\s*$|%[0-9A-F]{2}|\\(?:x[0-9a-f]{2}|u[0-9a-f]{4})"
    r"|[Â-ß][\x80-\x9f\xa1-\xbf€‚ƒ„…†‡ˆ‰‹•˜™›]"
)
"""A letter that was lost or encoded twice: `M?ller`, `MÃ¼ller`, `M%C3%BCller`."""
_DETACHED: Final = re.compile(r"\b([DLNOdl]') (?=[^\W\d_])")
"""In `O' Brien`."""


def is_damaged(text: str) -> bool:
    """True if letters were lost or encoded twice."""
    return bool(_DAMAGED.search(text))


def readable(text: str) -> str:
    """Return one line without HTML escapes, and with one form of apostrophes and hyphens."""
    return unescaped(text).translate(_MARKS)


def with_letters_for_symbols(text: str) -> str:
    """Turn `Ke$ha` into `Kesha`, and `O' Brien` into `O'Brien`."""
    for symbol, letter in _SYMBOL_LETTERS:
        text = symbol.sub(letter, text)
    return _DETACHED.sub(r"\1", text)


def normalised(text: str) -> str:
    """Remove symbols, and replace forms of letters (`Ａ`) except those of `M.ª` and Armenian."""
    kept = (
        c if c in "ªºև" else unicodedata.normalize("NFKC", c)
        for c in unicodedata.normalize("NFC", text)
        if unicodedata.category(c)[0] != "S"
    )
    return unicodedata.normalize("NFC", "".join(kept)).replace("l·l", "ll").replace("·", " ")


def letters_of(token: str) -> str:
    """Return a token's letters, with periods, apostrophes and hyphens where names have them."""
    parts = [_letters_of_part(part) for part in token.split(".")]
    *dotted, last = parts
    word = "".join(f"{part}." for part in dotted if part) + last
    return word.lstrip("-") if has_letters(word) else ""


def _letters_of_part(text: str) -> str:
    text = few_marks(
        "".join(c for c in text if unicodedata.category(c)[0] in "LM" or c in "'-–\u200c\u200d")
    )
    text = re.sub(r"[-–]+", "-", text).rstrip("-")
    # Keep an apostrophe between letters, in the Dutch 't and 's, and after a Hebrew letter.
    text = re.sub(r"(?<![^\W\d_])'+(?![ts]$)|(?<![א-ת])'+(?![^\W\d_])", "", text).rstrip("-")
    return text if has_letters(text) else ""
