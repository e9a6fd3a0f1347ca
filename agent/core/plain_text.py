"""Clean text from the platform and the trainee before the LLM reads it or a voice speaks it.

The functions raise no error; the result may be empty. For names, see
`agent.core.names`.
"""

from __future__ import annotations

import html
import re
import unicodedata

_WORDS_MAX = 120  # characters
_READ_MAX = 600  # characters; the rest of an input is ignored

_SHORTENED = frozenset("asst assoc dept mgmt engr tech dipl prof univ admin".split())
_NO_VALUE = frozenset("null none undefined nan nil n/a #n/a".split())
_FILLERS = dict.fromkeys(
    [*map(ord, "\u034f\u115f\u1160\u20e3\u3164\uffa0"), *range(0xFE00, 0xFE10)]
)
"""Letters and marks that are invisible, or belong to an emoji."""
_JOINERS = re.compile("(?<![\u0600-\u0dff])[\u200c\u200d]|[\u200c\u200d](?![\u0600-\u0dff])")
"""Zero-width joiners, except between the letters of Persian and Indian scripts, which need them."""
APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ´＇", "'"))
ADDRESS = re.compile(
    r"\S*(?:://|@|\bwww\.)\S*|\S+\.(?:com|org|net|info|biz|eu|io|app|dev|ai|de|es|fr|uk|us)\b\S*",
    re.I,
)
_WORDS_END = re.compile(r"[!?;…。！？；]")
_TITLE_PARTS = re.compile(r"(?<=\w)\s?[:|](?=\s)")
"""The mark in `Ladders: safe use`, which becomes a comma."""


def one_line(value: object, limit: int) -> str:
    """Return the text on one line of at most `limit` characters; empty if it is not a string.

    Control and direction characters are removed.
    """
    if not isinstance(value, str):
        return ""
    text = value[: max(limit, _READ_MAX) * 4]
    if text.isascii() and text.isprintable():  # nothing to remove
        return " ".join(text.split())[:limit].strip()
    text = unicodedata.normalize("NFC", text).translate(_FILLERS)
    text = _JOINERS.sub("", text)
    kept = (
        " " if c.isspace() else c
        for c in text
        if c.isspace() or c in "\u200c\u200d" or _kind(c) != "C"
    )
    return " ".join("".join(kept).split())[:limit].strip()


def short_text(value: object) -> str:
    """Return a role, industry or training type: `Koch/Köchin`, `R&D, level 2`, `C# (IT)`.

    It keeps letters, digits and the punctuation of job titles, and ends with the first sentence.
    A value that a program writes for "nothing" (`null`, `N/A`) is empty.
    """
    text = unescaped(value)
    if not text:
        return ""
    text = ADDRESS.sub(" ", text.translate(APOSTROPHES))
    text = re.sub(r"<[^<>]*>|\{[^{}]*\}+", " ", text)
    text = next((part for part in _WORDS_END.split(text) if any(map(str.isalnum, part))), "")
    text = _TITLE_PARTS.sub(",", text)
    text = "".join(c if _kind(c) in "LMN" or c in " &,/-–'.()+#:*_·" else " " for c in text)
    # Remove punctuation outside words: headings, bullets, `SYSTEM:`.
    text = re.sub(r"(?<!\w)[#*:.]+|[*:]+(?!\w)", " ", few_marks(text))
    for stop in re.finditer(r"(\w+)\. ", text):
        word = stop[1].lower()
        if len(word) > 3 and word not in _SHORTENED:
            text = text[: stop.start() + len(stop[1])]
            break
    text = cut(" ".join(text.split()), _WORDS_MAX).strip(" ,/-–&.")
    return "" if text.casefold() in _NO_VALUE else text


def unescaped(value: object) -> str:
    """One line without HTML escapes: platforms may send `O&#x27;Brien`, or escape it twice."""
    return one_line(html.unescape(html.unescape(one_line(value, _READ_MAX))), _READ_MAX)


def _kind(c: str) -> str:
    return unicodedata.category(c)[0]


def few_marks(text: str) -> str:
    """Keep at most three combining marks on a letter; no language uses more."""
    kept: list[str] = []
    for c in text:
        if _kind(c) == "M" and len(kept) > 2 and all(_kind(k) == "M" for k in kept[-3:]):
            continue
        kept.append(c)
    return "".join(kept)


def cut(text: str, limit: int) -> str:
    """Shorten the text to the limit, at the end of a word if possible."""
    if len(text) <= limit:
        return text
    return text[:limit].rpartition(" ")[0] if " " in text[: limit + 1] else text[:limit]
