"""Recognises the agent's own words, for clients without echo cancellation."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Final

from agent.conversation.backchannel import words_of

_WORDS_IN_A_ROW: Final = 4
_LETTERS_IN_A_ROW: Final = 6
_LETTERS_MIN: Final = 30
_SHARE_MIN: Final = 0.55
"""STT often mishears the sound of a loudspeaker. A transcript of at least `_LETTERS_MIN` letters is
therefore an echo, too, if this share of it consists of pieces of the line with at least
`_LETTERS_IN_A_ROW` letters. Speech with other words has a share below 0.45."""
_WORDS_SHARE_MIN: Final = 0.5


def is_echo(text: str, line: str) -> bool:
    """True if a transcript repeats the line that the agent was saying.

    Four words in a row are enough, because a trainee who speaks during a line uses other words.

    Args:
        text: what was recognised.
        line: what the agent said.
    """
    words, said = words_of(text), words_of(line)
    matcher = SequenceMatcher(None, words, said, autojunk=False)
    if matcher.find_longest_match().size >= _WORDS_IN_A_ROW:
        return True
    letters = " ".join(words)
    alike = SequenceMatcher(None, letters, " ".join(said), autojunk=False).get_matching_blocks()
    repeated = sum(block.size for block in alike if block.size >= _LETTERS_IN_A_ROW)
    return len(letters) >= _LETTERS_MIN and repeated >= len(letters) * _SHARE_MIN


def has_words_of(text: str, line: str) -> bool:
    """True if at least half of the words of a transcript are words of the line."""
    words, said = words_of(text), set(words_of(line))
    return sum(word in said for word in words) >= len(words) * _WORDS_SHARE_MIN
