"""Replaces what a voice would spell: abbreviations in the trainee's name, and web addresses.

It also adds the pauses of lists. A name in another alphabet than the voice's is left out: what a
voice makes of it is documented nowhere. Captions show it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncGenerator, AsyncIterable
from typing import Final

from agent.core.locales import language_of
from agent.core.names import words_to_say

_ADDRESS: Final = re.compile(
    r"(?:https?://(?:www\.)?|\bwww\.)([^\s/?#]+?)(?:[/?#]\S*?)?(?=[.,;:!?)\"'»”]*(?:\s|$))", re.I
)
"""Only the host of an address is said."""
_LATIN: Final = frozenset(["de", "en", "es", "fr", "it", "nl", "pt"])
"""Languages whose voices read only Latin letters."""
_LINE_END: Final = re.compile(r"(?<=[\w)\"'»”%])[ \t]*\n")
"""The end of a list item or heading. A voice makes a pause only at punctuation."""
_MAY_BE_ADDRESS: Final = re.compile(
    r"(?:^|\W)(?:h|ht|htt|https?(?::|:/|://\S*)?|w|ww|www(?:\.\S*)?)$", re.I
)


class Pronunciation:
    """Replaces words of a trainee's name in the text for a voice: `Md.` with `Mohammad`."""

    def __init__(self, name: str, locale: str = "") -> None:
        """Look up the words of a clean name; no `locale`: the voice speaks every alphabet."""
        self._said = words_to_say(name, language_of(locale))
        before = r"(?<!\w)"
        if language_of(locale) in _LATIN and not _has_latin_letters(name):
            self._said = dict.fromkeys(name.split(), "")
            before = r"(?:,?\s+|(?<!\w))"
        words = sorted(self._said, key=len, reverse=True)
        self._longest = len(words[0]) if words else 0
        self._written = re.compile(rf"{before}({'|'.join(map(re.escape, words))})(?!\w)")

    def apply(self, text: str) -> str:
        """Replace the words and addresses in a complete text, and end its lines with a pause."""
        text = _LINE_END.sub(".\n", _ADDRESS.sub(r"\1", text))
        if not self._said:
            return text
        return self._written.sub(lambda found: self._said[found[1]], text)

    async def stream(self, text: AsyncIterable[str]) -> AsyncGenerator[str, None]:
        """Replace them in a stream of text; a word may be split over several pieces."""
        held = ""
        async for piece in text:
            held += piece
            words_end = max(map(held.rfind, " \n")) + 1
            rest = held[words_end:]
            if len(rest) > self._longest and not _MAY_BE_ADDRESS.search(rest):
                words_end = len(held)  # no word of the name is so long
            if words_end:
                yield self.apply(held[:words_end])
                held = held[words_end:]
        if held:
            yield self.apply(held)


def _has_latin_letters(name: str) -> bool:
    return any(unicodedata.name(c, "").startswith("LATIN") for c in name)
