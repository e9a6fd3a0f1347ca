"""The words that the session has got, and has not made a message of yet."""

from __future__ import annotations


class UnansweredWords:
    """The trainee's words since their last message, as they are recognised."""

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
        """Note that the session has made a message of these words."""
        self._finals, self._interim = [], ""

    @property
    def text(self) -> str:
        """All words, final or not."""
        return " ".join(filter(None, [*self._finals, self._interim]))
