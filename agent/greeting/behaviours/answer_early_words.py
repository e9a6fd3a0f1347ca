"""Answers what the trainee says before the end of the opening, once the opening is over."""

from __future__ import annotations

from agent.core.events import OpeningFinished
from agent.greeting.greeting import Greeting


class AnswerEarlyWords:
    """Releases the words when the opening is over.

    If the trainee is still speaking, the agent answers at the end of their turn.
    """

    def __init__(self, greeting: Greeting) -> None:
        self._conversation = greeting.conversation
        greeting.events.on(OpeningFinished, lambda _: self._conversation.release_words())
