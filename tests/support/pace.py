"""How fast the stand-ins speak in tests."""

from __future__ import annotations

WORDS_PER_MINUTE = 220
"""Most tests wait for the end of a line. People say 160."""
_SHORTEST_WORD_S = 0.14


def shortest_s(text: str) -> float:
    """Return the least seconds of loud sound that a text takes if it is said completely."""
    return _SHORTEST_WORD_S * len(text.split())
