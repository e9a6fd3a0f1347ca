"""Recognises the agent's own words, for clients without echo cancellation."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Final

from agent.conversation.backchannel import words_of

_IN_A_ROW: Final = 4
_LETTERS_IN_A_ROW, _LETTERS, _SHARE = 6, 30, 0.55
"""Recognition is poor on a loudspeaker's sound: so many letters in a row, for this share of a
transcript of so many letters, sound alike. Speech with other words has less than 0.45."""
_MOST: Final = 0.5


def is_echo(text: str, line: str) -> bool:
    """True if words that were recognised during a line are words of the line.

    Four words in a row are enough: a trainee who speaks during a line uses other words.

    Args:
        text: what was recognised.
        line: what the agent said.
    """
    words, said = words_of(text), words_of(line)
    matcher = SequenceMatcher(None, words, said, autojunk=False)
    if matcher.find_longest_match().size >= _IN_A_ROW:
        return True
    letters = " ".join(words)
    alike = SequenceMatcher(None, letters, " ".join(said), autojunk=False).get_matching_blocks()
    repeated = sum(block.size for block in alike if block.size >= _LETTERS_IN_A_ROW)
    return len(letters) >= _LETTERS and repeated >= len(letters) * _SHARE


def has_words_of(text: str, line: str) -> bool:
    """True if at least half of the words of a transcript are words of the line."""
    words, said = words_of(text), set(words_of(line))
    return sum(word in said for word in words) >= len(words) * _MOST
