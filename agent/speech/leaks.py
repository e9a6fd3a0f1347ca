"""Recognises sentences of the model's instructions in its reply."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from agent.speech.not_speech import NotSpeechError
from agent.speech.sentences import PIECE, words_of

_WORDS: Final = 6
"""A sentence with the same first words as an instruction counts as that instruction."""


class Leaks:
    """Only the prose counts. List items contain facts and questions for the trainee."""

    def __init__(self, instructions: str) -> None:
        beginnings = set(_beginnings(instructions))
        self._prefixes = {words[:n] for words in beginnings for n in range(1, _WORDS + 1)}

    def refuse(self, text: str) -> None:
        """Raise NotSpeechError if a sentence of the text is an instruction."""
        for sentence in PIECE.findall(text):
            words = tuple(words_of(sentence)[:_WORDS])
            if len(words) == _WORDS and words in self._prefixes:
                raise NotSpeechError

    def may_begin_with(self, clause: str) -> bool:
        """Return True if a clause begins like an instruction, and is too short to tell."""
        words = tuple(words_of(clause))
        return len(words) < _WORDS and words in self._prefixes


def _beginnings(instructions: str) -> Iterator[tuple[str, ...]]:
    """The first words of each sentence of the prose; shorter sentences are left out."""
    for paragraph in instructions.split("\n\n"):
        prose = re.sub(r"^- .*(?:\n .*)*", "\n", paragraph, flags=re.M)
        for sentence in PIECE.findall(prose.replace("\n", " ") + " "):
            words = tuple(words_of(sentence)[:_WORDS])
            if len(words) == _WORDS:
                yield words
