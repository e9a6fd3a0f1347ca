"""Keeps the text of the agent's latest two lines, so that one can be repeated or recognised."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class LineText:
    """The text of one line, as far as it has been generated."""

    text: str = ""


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
        """The text of the line being said, or said last."""
        return self._current.text.strip()

    @property
    def previous(self) -> str:
        """The text of the line before it."""
        return self._previous.text.strip()

    @property
    def both(self) -> str:
        """The text of both lines."""
        return f"{self.previous} {self.current}"
