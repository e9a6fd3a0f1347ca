"""Recognises the agent's own words, for clients without echo cancellation."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Final

from agent.conversation.backchannel import words_of

_IN_A_ROW: Final = 4
_MOST: Final = 0.5


def is_echo(text: str, line: str) -> bool:
    """True if words that were recognised during a line are words of the line.

    Four words in a row are enough: recognition is poor on a loudspeaker's sound, and a trainee who
    speaks during a line uses other words.

    Args:
        text: what was recognised.
        line: what the agent said.
    """
    words, said = words_of(text), words_of(line)
    matcher = SequenceMatcher(None, words, said, autojunk=False)
    return matcher.find_longest_match().size >= _IN_A_ROW


def has_words_of(text: str, line: str) -> bool:
    """True if at least half of the words of a transcript are words of the line."""
    words, said = words_of(text), set(words_of(line))
    return sum(word in said for word in words) >= len(words) * _MOST
