"""What is known about the trainee's sound while a conversation goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from livekit.agents.vad import VADEvent

from agent.conversation.agent_line import AgentLine

_NO_WORDS_DURING_LINE_S: Final = 1.0
"""Sound during a line, or while a reply is generated, counts as noise after this time if it has
had no words."""
_WORDLESS_DURING_LINE_S: Final = 2.0
"""The same after words: the trainee may hesitate."""
WORDLESS_S: Final = 4.0
"""The same while the agent listens; longer, because some models send no interim results."""
_WORDLESS_MAX: Final = 3
"""After this many sounds in a row without words during lines, only words pause a line."""


class TraineeSound:
    """What is known about the trainee's sound; one for a conversation."""

    def __init__(self, line: AgentLine) -> None:
        self.line = line
        self.words_at = 0.0
        """When words of the trainee were last recognised, on the monotonic clock."""
        self.recognised_at = 0.0
        """The same for any words: also backchannels, and the agent's own."""
        self.wordless_in_row = 0
        """Sounds in a row without words, during lines."""
        self.hears_echo = False
        """True if the client sends the agent's own voice. Sound then does not pause a line."""
        self._on_sound: list[Callable[[VADEvent], None]] = []

    def words_heard(self) -> None:
        """Note that speech recognition has found words in the current sound."""
        self.words_at = time.monotonic()
        self.wordless_in_row = 0

    def when_sound(self, callback: Callable[[VADEvent], None]) -> None:
        """Call `callback` at the start and at the end of each sound that may be speech.

        If noise goes on without an end, it counts as another sound every `WORDLESS_S`.
        """
        self._on_sound.append(callback)

    def report(self, event: VADEvent) -> None:
        for callback in self._on_sound:
            callback(event)

    @property
    def needs_words(self) -> bool:
        """True if only words may pause the line that is being said."""
        only_words = self.hears_echo or self.wordless_in_row >= _WORDLESS_MAX
        return self.line.under_way and only_words

    def is_noise(self, began_at: float) -> bool:
        """True if a sound that began then has had no words, or no more of them, for too long."""
        limit_s = WORDLESS_S
        if self.line.is_due:
            has_words = self.words_at > began_at
            limit_s = _WORDLESS_DURING_LINE_S if has_words else _NO_WORDS_DURING_LINE_S
        return time.monotonic() - max(began_at, self.words_at) > limit_s
