"""What `prompts rehearse` records of the conversation with one scripted trainee."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from agent.cli.prompts.trainees import ScriptedTrainee
from agent.core.types import Answer
from agent.scripts import RenderedScript
from agent.scripts.schema import Value


@dataclass(frozen=True)
class Entry:
    """One line of a transcript, one call of a function, or one note."""

    who: Literal["trainee", "guide", "call", "refused", "note"]
    text: str
    locale: str = "en"
    """The language of the text."""


@dataclass(frozen=True)
class Asked:
    """A question of the trainee, with the reply."""

    question: str
    reply: str
    about: int | None
    """The index of the fact that it asks about; None for another question."""
    used: frozenset[int]
    """Indices of the facts that the reply uses."""

    @property
    def is_answered(self) -> bool:
        """Whether the reply uses the fact, or any fact."""
        return bool(self.used) if self.about is None else self.about in self.used


@dataclass
class RehearsalRecord:
    """The conversation with one trainee."""

    trainee: ScriptedTrainee
    first: RenderedScript
    """The script at the start; the trainee may switch to another locale of it."""
    entries: list[Entry] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    meant: dict[str, Value] = field(default_factory=dict)
    """The values that the trainee's answers stand for; of text, the words."""
    asked: list[Asked] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    """Indices of the facts that the agent has used in the language of the start."""
    over: bool = False
    """The agent has ended the conversation, or the model has failed."""
    failure: str = ""
    """Why the model did not answer."""

    @property
    def unanswered(self) -> list[Asked]:
        """Questions whose reply does not use a fact."""
        return [asked for asked in self.asked if not asked.is_answered]

    @property
    def refused(self) -> list[str]:
        """Calls that the functions have refused."""
        return [entry.text for entry in self.entries if entry.who == "refused"]
