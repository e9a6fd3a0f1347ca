"""Recognises the agent's own words, for clients without echo cancellation."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Final

from agent.conversation.backchannel import words_of

_CERTAIN_WORDS: Final = 4
_CERTAIN_SHARE: Final = 0.75
"""This share of so many words, in the order of the line, is an echo from any client."""
_LIKELY_SHARE: Final = 0.5
"""This share is an echo from a client whose echo was heard before."""


def is_echo(text: str, line: str, *, suspected: bool) -> bool:
    """True if a transcript repeats the words of a line.

    Args:
        text: what speech recognition heard while the line was said.
        suspected: True if this client has been heard to send an echo.
    """
    words, said = words_of(text), words_of(line)
    if not words or (len(words) < _CERTAIN_WORDS and not suspected):
        return False
    shortest = 1 if suspected else 2
    blocks = SequenceMatcher(None, words, said, autojunk=False).get_matching_blocks()
    repeated = sum(block.size for block in blocks if block.size >= shortest)
    return repeated >= len(words) * (_LIKELY_SHARE if suspected else _CERTAIN_SHARE)
