"""What the listener is to hear: words that a test or the demo gives for the next utterances.

Only English is recognised here, so this is how somebody is heard to speak Spanish. The sound still
has to come: an utterance is what is said between two pauses of 0.3 s, and each takes one entry.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Heard:
    """One utterance in words."""

    text: str
    language: str = "en"

    @property
    def begun(self) -> Heard:
        """The same while it is still being said."""
        words = self.text.split()
        return Heard(" ".join(words[: (len(words) + 1) // 2]), self.language)


class Hears:
    """The queue, shared by all connections: whoever speaks first takes the first entry."""

    def __init__(self) -> None:
        self._queue: deque[Heard] = deque()

    def replace(self, utterances: list[dict[str, Any]]) -> None:
        """Queue these in place of all queued ones.

        Raises:
            TypeError: an entry has a field that `Heard` does not know, or lacks its text.
        """
        self._queue = deque(Heard(**utterance) for utterance in utterances)

    @property
    def waiting(self) -> Heard | None:
        """What the next utterance will be heard as."""
        return self._queue[0] if self._queue else None

    def take(self) -> None:
        self._queue.popleft()
