"""Keeps the text of the agent's latest two lines, so that one can be repeated or recognised."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass
class LineText:
    """The text of one line, as far as it has been generated."""

    text: str = ""
    began_at: float = field(default_factory=time.monotonic)


class LineTexts:
    """The line being said, or said last, and the one before it."""

    def __init__(self) -> None:
        self._previous = self._current = LineText()

    def begin(self) -> LineText:
        """Begin the next line; the caller adds its text."""
        self._previous, self._current = self._current, LineText()
        return self._current

    def clear(self) -> None:
        """Forget both lines, because an agent with another script takes over."""
        self._previous = self._current = LineText()

    @property
    def current(self) -> str:
        return self._current.text.strip()

    @property
    def previous(self) -> str:
        return self._previous.text.strip()

    @property
    def previous_began_at(self) -> float:
        return self._previous.began_at

    @property
    def both(self) -> str:
        return f"{self.previous} {self.current}"
