"""Replaces what a voice would spell: abbreviations in the trainee's name, and web addresses.

It adds the pauses of lists, and leaves out emoji and words in an alphabet that the voice does not
read. Gemini's voices read all alphabets; what an Aura voice makes of others than its own is
documented nowhere. Captions show everything.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncGenerator, AsyncIterable
from typing import Final

from agent.core.locales import language_of
from agent.core.names import words_to_say
from agent.speech.voices import spoken_language

_ADDRESS: Final = re.compile(
    r"(?:https?://(?:www\.)?|\bwww\.)([^\s/?#]+?)(?:[/?#]\S*?)?(?=[.,;:!?)\"'»”]*(?:\s|$))", re.I
)
"""Only the host of an address is said."""
_LATIN: Final = frozenset(["de", "en", "es", "fr", "it", "nl", "pt"])
"""Languages whose Aura voices read only Latin letters."""
_OTHER_LETTER: Final = r"[^\W\d_A-Za-zªºµÀ-ɏʰ-ʿḀ-ỿﬀ-ﬆ²³¹¼-¾⁰-₟⅐-↏]"
_IN_WORD: Final = r"[^\s.,;:!?…\"()]"
_LATIN_LETTER: Final = rf"[^\W\d_](?<!{_OTHER_LETTER})"
_GREEK_SIGN: Final = rf"[\W\d_]*[Ͱ-Ͽ][\W\d_]*(?!{_IN_WORD})"
_NOT_READ: Final = (
    rf"(?!{_GREEK_SIGN})(?:(?!{_LATIN_LETTER}){_IN_WORD})*{_OTHER_LETTER}"
    rf"(?:(?!{_LATIN_LETTER}){_IN_WORD})*(?!{_IN_WORD})"
)
"""A word without a Latin letter. Voices read units and signs: `10 kΩ`, `5 Ω`, `β-version`."""
_OTHER_WORDS: Final = re.compile(rf"(?:,?\s+|(?<!\w)){_NOT_READ}(?:(?:[.,]\s*|\s+){_NOT_READ})*")
_HAS_LATIN: Final = re.compile(_LATIN_LETTER)
_EMOJI: Final = re.compile(r"\s*[\U0001F000-\U0001FAFF\u2600-\u27BF][\uFE0F\u200D]?")
_LINE_END: Final = re.compile(r"(?<=[\w)\"'»”%])[ \t]*\n")
"""The end of a list item or heading. A voice makes a pause only at punctuation."""
_MAY_BE_ADDRESS: Final = re.compile(
    r"(?:^|\W)(?:h|ht|htt|https?(?::|:/|://\S*)?|w|ww|www(?:\.\S*)?)$", re.I
)


class Pronunciation:
    """Replaces words of a trainee's name in the text for a voice: `Md.` with `Mohammad`."""

    def __init__(self, name: str, locale: str = "", *, voice: str = "") -> None:
        """Look up the words of a clean name.

        Args:
            voice: the model of the voice; every alphabet is read unless it is an Aura voice.
        """
        self._said = words_to_say(name, language_of(locale))
        self._latin = _reads_only_latin(voice)
        words = sorted(self._said, key=len, reverse=True)
        self._longest = len(words[0]) if words else 0
        self._written = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, words))})(?!\w)")

    def apply(self, text: str) -> str:
        """Replace the words and addresses in a complete text, and end its lines with a pause."""
        if self._latin:
            text = _OTHER_WORDS.sub("", text)
        text = _EMOJI.sub("", text)
        text = _LINE_END.sub(".\n", _ADDRESS.sub(r"\1", text))
        if not self._said:
            return text
        return self._written.sub(lambda found: self._said[found[1]], text)

    async def stream(self, text: AsyncIterable[str]) -> AsyncGenerator[str, None]:
        """Replace them in a stream of text; a word may be split over several pieces."""
        held = ""
        async for piece in text:
            held += piece
            # A space goes with the next word, so that it goes if that word is left out.
            words_end = max(held.rfind(" "), held.rfind("\n") + 1)
            word = held[words_end:].strip()
            is_long = len(word) > self._longest  # no word of the name is so long
            if is_long and _may_end(word) and not _MAY_BE_ADDRESS.search(word):
                words_end = len(held)
            if words_end:
                yield self.apply(held[:words_end])
                held = held[words_end:]
        if held:
            yield self.apply(held)


def can_be_said(text: str, voice: str) -> bool:
    """Return True unless all words of a text are in an alphabet that the voice does not read."""
    words = any(map(str.isalpha, text))
    return not (_reads_only_latin(voice) and words) or _HAS_LATIN.search(text) is not None


def _may_end(word: str) -> bool:
    """Return True after punctuation, and in alphabets that write no spaces, such as Chinese."""
    return unicodedata.category(word[-1]) in ("Po", "Lo")


def _reads_only_latin(voice: str) -> bool:
    return spoken_language(voice) in _LATIN
