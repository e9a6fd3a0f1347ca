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

    def may_be_in(self, sentence: str) -> bool:
        """Return True if a sentence begins like an instruction, and is still too short to tell.

        Raises:
            NotSpeechError: it is an instruction.
        """
        words = tuple(words_of(sentence)[:_WORDS])
        if words not in self._prefixes:
            return False
        if len(words) == _WORDS:
            raise NotSpeechError
        return True


def _beginnings(instructions: str) -> Iterator[tuple[str, ...]]:
    """The first words of each sentence of the prose; shorter sentences are left out."""
    for paragraph in instructions.split("\n\n"):
        prose = re.sub(r"^- .*(?:\n .*)*", "\n", paragraph, flags=re.M)
        for sentence in PIECE.findall(prose.replace("\n", " ") + " "):
            words = tuple(words_of(sentence)[:_WORDS])
            if len(words) == _WORDS:
                yield words
