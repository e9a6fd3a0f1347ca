"""Recognises what a model has said before in the same turn."""

from __future__ import annotations

import re
from typing import Final

from agent.speech.sentences import ENDED, PIECE, words_of

_LONG: Final = 4
"""A sentence with at least so many words is said once in a reply."""
_LOOP: Final = re.compile(
    r"(?<!\S)(?!\d)(?:(\S+)(?: \1){9}|((\S+) (?!\3 ).{1,60}?)(?: \2){3})(?!\S)"
)
"""A word ten times in a row, or several words four times: `go on and go on and …`. Digits may be a
number that is read aloud."""
_LOOP_LENGTH: Final = 250
"""Characters of four times the longest such words."""


class Repetitions:
    """The words that the model has said in this turn."""

    def __init__(self, before: str) -> None:
        """Begin a reply.

        Args:
            before: what the model has said before its function calls. All sentences of it are said
                once, also short ones.
        """
        self._sentences = {" ".join(words_of(sentence)) for sentence in PIECE.findall(before)}
        self._sentence = ""
        """The words of the current sentence."""
        self._said = " ".join(words_of(before))

    def repeats(self, text: str) -> bool:
        """Return True if the model has said this sentence before."""
        return " ".join(words_of(text)) in self._sentences

    def add(self, text: str) -> None:
        """Note a sentence, or a clause of one."""
        words = words_of(text)
        self._said = " ".join([self._said, *words]).strip()
        self._sentence = " ".join([self._sentence, *words]).strip()
        if ENDED.search(text):
            if self._sentence.count(" ") >= _LONG - 1:
                self._sentences.add(self._sentence)
            self._sentence = ""

    def would_loop(self, text: str) -> bool:
        """Return True if the model says the same words again and again with this text."""
        return _LOOP.search(" ".join([self._said[-_LOOP_LENGTH:], *words_of(text)])) is not None
