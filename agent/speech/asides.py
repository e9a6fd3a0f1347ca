"""Leaves out what a model writes beside its words: directions, marks, tags and list numbers."""

from __future__ import annotations

import re
from typing import Final

_GESTURES: Final = (
    "smil(?:es|ing)|laugh(?:s|ing|ter)|chuckl(?:es|ing)|nod(?:s|ding)|sigh(?:s|ing)|grin(?:s|ning)"
    "|winks|waves|pauses|lächelt|lacht|schmunzelt|nickt|seufzt|zwinkert|winkt|sonríe|(?:se )?ríe"
    "|risas|asiente|suspira|sourit|rit|rires|acquiesce|hoche|soupire"
)
_ASIDE: Final = re.compile(
    # In brackets: `[end of turn]`, `[warmly]`; no link.
    r"[ \t]*\[[^\[\]\n]{0,80}\](?!\()"
    r"|</?[a-z][\w-]*(?:\s[^<>\n]{0,60})?/?>"
    # In mid-sentence: `*smiles*`, `(laughs softly)`. Other words there may be meant as speech.
    rf"|[ \t]*(?:\((?:{_GESTURES})\b[^()\n]{{0,30}}\)|\*(?:{_GESTURES})\b[^*\n]{{0,30}}\*"
    r"|\((?:pause|pausa)\))"
    # Between two sentences: `(They seem nervous.)`, `*leans forward*`. Emphasised sentences begin
    # with a capital letter.
    r"|(?:(?<=\n)|(?<=[.!?…:] ))"
    r"(?:\([^()\n]{1,80}\)|(?-i:\*[a-zà-ÿ][^*\n]{0,40}\*))\.?(?=\s+(?-i:[^\Wa-zà-ÿ\d]|[\"„“«¿¡])|\s*\Z)"
    # The number or bullet of a list item. The filter of Markdown removes `-` and `*`.
    r"|(?<=\n)(?:\d{1,2}[.)]|[•‣◦▪–—])[ \t]+",
    re.I,
)
_MAY_BECOME_ASIDE: Final = re.compile(
    r"(?:\[[^\[\]\n]{0,80}(?:\](?:\([^()\s]{0,80})?)?|</?[a-z][^<>\n]{0,80}|(?<!\])\([^()\n]{0,80}\)?\.?\s*"
    r"|(?<!\w)\*(?=\w)[^*\n]{0,40}\*?\.?\s*|(?<=\n)(?:\d{1,2}[.)]?|[•‣◦▪–—])[ \t]*)\Z",
    re.I,
)


def without_asides(before: str, text: str) -> str:
    """Return the text without its asides.

    Args:
        before: what has been passed on before the text, or its end; a line break at the beginning.
    """
    size = len(before)

    def left(found: re.Match[str]) -> str:
        # An aside ends in `text`; the spaces before it may be in `before`.
        space = " " if found[0].endswith(">") else ""
        return found[0][: max(0, size - found.start())] + space

    spoken = _ASIDE.sub(left, before + text)[size:]
    return spoken.lstrip(" \t") if before[-1:].isspace() else spoken


def undecided_from(before: str, text: str) -> int:
    """Return where the end of a text begins that may become an aside; else the text's length."""
    found = _MAY_BECOME_ASIDE.search(before + text, len(before))
    return found.start() - len(before) if found else len(text)
