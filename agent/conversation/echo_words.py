"""Recognises the agent's own words in transcripts, for clients without echo cancellation."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Final

from agent.speech.sentences import words_of

_WORDS_MIN: Final = 5
_WORDS_SHARE: Final = 0.85
"""A transcript of at least `_WORDS_MIN` words is an echo if this share of it is pieces of the line.

A trainee may answer in the words of a question: of "Yes, I have worked with a forklift before", the
share is 0.7."""
_LETTERS_MIN: Final = 70
_LETTERS_SHARE: Final = 0.55
_PIECE_LETTERS: Final = 6
"""STT often mishears the sound of a loudspeaker. A transcript of at least `_LETTERS_MIN` letters is
therefore also an echo if this share of it is pieces of the line. A piece has at least
`_PIECE_LETTERS` letters. `_WORDS_IN_A_ROW` words of the line are enough, too. Other speech has a
share below 0.45."""
_WORDS_IN_A_ROW: Final = 4
_COMMON_SHARE: Final = 0.5


def is_echo(text: str, line: str) -> bool:
    """True if a transcript repeats the line that the agent was saying."""
    words, said = words_of(text), words_of(line)
    repeated = _repeated(words, said, piece=2)
    if len(words) >= _WORDS_MIN and repeated >= len(words) * _WORDS_SHARE:
        return True
    letters = " ".join(words)
    if len(letters) < _LETTERS_MIN:
        return False
    alike = _repeated(letters, " ".join(said), piece=_PIECE_LETTERS)
    in_a_row = _repeated(words, said, piece=_WORDS_IN_A_ROW)
    return in_a_row > 0 or alike >= len(letters) * _LETTERS_SHARE


def may_become_echo(text: str, line: str) -> bool:
    """True if a transcript is too short for `is_echo`, and has nothing but pieces of the line."""
    words = words_of(text)
    piece = min(len(words), 2)
    short = 0 < len(words) < _WORDS_MIN
    return short and _repeated(words, words_of(line), piece=piece) == len(words)


def has_words_of(text: str, line: str) -> bool:
    words, said = words_of(text), set(words_of(line))
    return sum(word in said for word in words) >= len(words) * _COMMON_SHARE


def _repeated(one: list[str] | str, other: list[str] | str, *, piece: int) -> int:
    """Count the items of one sequence that the other has too, in pieces of at least this length."""
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size >= piece)
