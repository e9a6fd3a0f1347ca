"""Words of the trainee that wait for the end of the agent's line."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Final

from livekit.agents import stt
from livekit.agents.stt import SpeechEvent

from agent.speech.sentences import words_of

_ANSWER_S: Final = 2.0
"""A backchannel is an answer if the line ends within this time."""
_YES: Final = frozenset(words_of("yes yeah yep ja jo sí si oui ouais sì sim да हाँ हां जी はい うん"))


class WaitingWords:
    """Words during a line that must be heard to its end, backchannels, and words of the line."""

    def __init__(self) -> None:
        self.held: list[SpeechEvent] = []
        """Final transcripts to deliver when no line must be heard to its end any more."""
        self._backchannel: SpeechEvent | None = None
        self._backchannel_at = 0.0
        self.repeated: list[SpeechEvent] = []
        """Transcripts that repeat the line, and may be its echo."""

    @property
    def possible_echo(self) -> list[str]:
        """Transcripts that may be parts of an echo of the line."""
        return list(map(text_of, [*self.held, *self.repeated]))

    def drop_echo(self) -> None:
        """Drop what may be an echo, because the client sends one."""
        self.held.clear()
        self.repeated.clear()

    def take_held(self) -> SpeechEvent | None:
        """Return the words that were held back; none are any more."""
        held, self.held = self.held, []
        return joined(held) if held else None

    def add_backchannel(self, event: SpeechEvent) -> None:
        self._backchannel, self._backchannel_at = event, time.monotonic()

    def joined_with(self, event: SpeechEvent) -> SpeechEvent:
        """Return the words that wait, and then those of `event`; nothing waits any more."""
        waiting = [*self.repeated, *([self._backchannel] if self._backchannel else [])]
        self.repeated, self._backchannel = [], None
        return joined([*waiting, event]) if waiting else event

    def line_over(self, line: str) -> None:
        """Hold the words that are answers to the text of a line, and drop a backchannel."""
        self.held += self.repeated
        backchannel = self._backchannel
        self.repeated, self._backchannel = [], None
        if backchannel is not None and (
            time.monotonic() - self._backchannel_at < _ANSWER_S or _says_yes(backchannel, line)
        ):
            self.held.append(backchannel)


def text_of(event: SpeechEvent) -> str:
    return event.alternatives[0].text.strip() if event.alternatives else ""


def joined(events: list[SpeechEvent]) -> SpeechEvent:
    last = events[-1]
    data: stt.SpeechData = replace(last.alternatives[0], text=" ".join(map(text_of, events)))
    return replace(last, alternatives=[data])


def _says_yes(event: SpeechEvent, line: str) -> bool:
    """True for a "yes" during a line that ends with a question."""
    return line.rstrip().endswith("?") and not _YES.isdisjoint(words_of(text_of(event)))
