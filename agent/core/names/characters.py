"""Reads letters: `JÃ¼rgen` and `J&uuml;rgen` as `Jürgen`, `Ke$ha` as `Kesha`, `Ａda` as `Ada`."""

from __future__ import annotations

import re
import unicodedata
import urllib.parse
from typing import Final

from agent.core.names.word_lists import has_letters
from agent.core.plain_text import APOSTROPHES, few_marks, unescaped

_BYTES: Final = {bytes([n]).decode("cp1252", "ignore") or chr(n): n for n in range(256)}
_DECODED_WRONGLY: Final = re.compile(
    r"[Â-ß][\x80-\x9f\xa1-\xbf€‚ƒ„…†‡ˆ‰‹•˜™›]|[ÃÄÅ][ŒœŠšŽžŸ]|á[º»]"
)
"""Two bytes of UTF-8 that were read as Latin-1: `MÃ¼ller`, but not `LÍŠKA`."""
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-f]{4})|x([0-9a-f]{2}))", re.I)
_MARKS: Final = (
    APOSTROPHES
    | dict.fromkeys(map(ord, "`‛′"), "'")
    | dict.fromkeys(map(ord, "‐‑‒־−﹣－"), "-")
    | str.maketrans("（）［］｛｝＜＞", "()[]{}<>")
)
_LOST_LETTER: Final = re.compile(r"\ufffd|\?[^\W\d_]|[^\W\d_]\?(?!\s*$)|^\s*\S+\?\s*$")
"""In `M?ller` and `Ana?`."""
_SYMBOL: Final = re.compile(r"(?<=[^\W\d_])(?:\$(?=[^\W\d_])|!(?=[a-z]))")
"""In `Ke$ha` and `P!nk`."""
_DETACHED: Final = re.compile(r"\b([DLNOdl]') (?=[^\W\d_])")
"""In `O' Brien`."""
_LETTER_FORMS: Final = re.compile(r"<(?:wide|narrow|font|circle|isolated|initial|medial|final)>")
"""Unicode's word for forms that only look different, such as `Ａ`; unlike those of `ª` and `ำ`."""


def decoded(text: str) -> str:
    """Read `J%C3%BCrgen`, `J\\u00fcrgen` and `JÃ¼rgen`, which is UTF-8 read as Latin-1."""
    text = _ESCAPE.sub(lambda code: chr(int(code[1] or code[2], 16)), urllib.parse.unquote(text))
    if not _DECODED_WRONGLY.search(text):
        return text
    try:
        return bytes(_BYTES[c] for c in text).decode()
    except (KeyError, UnicodeDecodeError):
        return text


def is_damaged(text: str) -> bool:
    """True if letters were lost."""
    return bool(_LOST_LETTER.search(text) or _DECODED_WRONGLY.search(text))


def readable(text: str) -> str:
    """Return one line without HTML escapes, and with one form of apostrophes and hyphens."""
    return re.sub(r"\\+(?=')", "", unescaped(text).translate(_MARKS))


def with_letters_for_symbols(text: str) -> str:
    """Turn `Ke$ha` into `Kesha`, `Ada+Li` into `Ada Li`, and `O' Brien` into `O'Brien`."""
    letters = {"!": "i", "$": "S" if text.isupper() else "s"}
    text = _SYMBOL.sub(lambda found: letters[found[0]], text)
    return _DETACHED.sub(
        r"\1", text.replace(" + ", " & ").replace("+", " ").replace(" 'T ", " 't ")
    )


def normalised(text: str) -> str:
    """Remove symbols, and replace forms of letters (`Ａ`)."""
    kept = (
        unicodedata.normalize("NFKC", c) if _LETTER_FORMS.match(unicodedata.decomposition(c)) else c
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
    return text
