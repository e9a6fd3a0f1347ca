"""Leaves out what a model writes beside its words: directions, tags, and the marks of lists."""

from __future__ import annotations

import re
from typing import Final

_GESTURES: Final = (
    "smil(?:es|ing)|laugh(?:s|ing|ter)|chuckl(?:es|ing)|nod(?:s|ding)|sigh(?:s|ing)|grin(?:s|ning)"
    "|winks|waves|pauses|lächelt|lacht|schmunzelt|nickt|seufzt|zwinkert|winkt|sonríe|(?:se )?ríe"
    "|risas|asiente|suspira|sourit|rit|rires|acquiesce|hoche|soupire"
)
_CAPITAL: Final = r"(?-i:[^\Wa-zà-ÿ\d])"
_SENTENCE_BEGINS: Final = r"(?:(?<=\n)|(?<=[.!?…:] ))"
_SENTENCE_FOLLOWS: Final = rf"\.?(?=\s+(?:{_CAPITAL}|[\"„“«¿¡])|\s*\Z)"
_SPEECH: Final = (
    rf"(?!(?:they|(?:the )?(?:user|trainee))\b)[¿¡]?{_CAPITAL}[^()\n]* [^()\n]*[.!?…]\)"
)
"""A sentence in parentheses, unless it is about the trainee."""
ASIDES: Final = {
    # In brackets; no link.
    r"[ \t]*\[[^\[\]\n]{0,80}\](?!\()": "[warmly]",
    r"</?[a-z][\w-]*(?:\s[^<>\n]{0,60})?/?>": ' <break time="1s"/>',
    # In mid-sentence, only gestures: other words there may be meant as speech.
    rf"[ \t]*\((?:(?:{_GESTURES})\b[^()\n]{{0,30}}|pausa?e?)\)": " (laughs softly)",
    rf"[ \t]*\*(?:{_GESTURES})\b[^*\n]{{0,30}}\*": " *smiles*",
    # Parentheses before a reply; between sentences, parentheses without a whole sentence.
    rf"(?<=\A\n)\([^()\n]{{1,80}}\){_SENTENCE_FOLLOWS}": "\n(In a warm voice.)",
    rf"{_SENTENCE_BEGINS}\((?!{_SPEECH})[^()\n]{{1,80}}\){_SENTENCE_FOLLOWS}": "\n(yes/no)",
    # Emphasised sentences begin with a capital letter.
    rf"{_SENTENCE_BEGINS}(?-i:\*[a-zà-ÿ][^*\n]{{0,40}}\*){_SENTENCE_FOLLOWS}": "\n*leans forward*",
    # The filter of Markdown removes `-` and `*`.
    r"(?<=\n)[•‣◦▪–—][ \t]+": "\n• ",
}
"""Patterns, each with an example. A reply begins with a line break."""
_ASIDE: Final = re.compile("|".join(ASIDES), re.I)
_MAY_BECOME_ASIDE: Final = re.compile(
    r"(?:\[[^\[\]\n]{0,80}(?:\](?:\([^()\s]{0,80})?)?"
    r"|</?[a-z][^<>\n]{0,80}"
    r"|(?<!\])\([^()\n]{0,80}\)?\.?\s*"
    r"|(?<!\w)\*(?=\w)[^*\n]{0,40}\*?\.?\s*"
    r"|(?<=\n)[•‣◦▪–—][ \t]*)\Z",
    re.I,
)
"""The end of a text that is held back until more text shows whether it is an aside."""


def without_asides(before: str, text: str, *, is_last: bool) -> tuple[str, int]:
    """Return the text without its asides, and where its undecided end begins.

    Numbers of list items stay: "1. Stock" and "2. Mai" are facts.

    Args:
        before: what has been passed on before the text, or its end; a line break at the beginning
            of a reply.
        is_last: the reply ends with the text; nothing is undecided.
    """
    written, size = before + text, len(before)
    may_become = None if is_last else _MAY_BECOME_ASIDE.search(written, size)
    end = may_become.start() - size if may_become else len(text)

    def left(found: re.Match[str]) -> str:
        # An aside ends in `text`; the spaces before it may be in `before`.
        space = " " if found[0].endswith(">") else ""
        return found[0][: max(0, size - found.start())] + space

    without = _ASIDE.sub(left, written[: size + end])[size:]
    if before[-1:].isspace():
        without = without.lstrip(" \t")
    return without + text[end:], len(without)
