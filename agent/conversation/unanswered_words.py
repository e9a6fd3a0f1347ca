"""The words of the trainee that no message has yet."""

from __future__ import annotations


class UnansweredWords:
    """The words that the session has got, and has not made a message of yet."""

    def __init__(self) -> None:
        self._finals: list[str] = []
        self._interim = ""
        """What was recognised since the last final transcript."""

    def add(self, text: str, *, final: bool) -> None:
        """Add a transcript; it replaces the interim one before it."""
        if final:
            self._finals.append(text)
        self._interim = "" if final else text

    def clear(self) -> None:
        self._finals, self._interim = [], ""

    @property
    def text(self) -> str:
        return " ".join(filter(None, [*self._finals, self._interim]))
