"""Which question waits for an answer, and how many are done, for the page.

The model asks in its own words. The next open question therefore counts as asked as soon as the
agent has said a line with a question mark.
"""

from __future__ import annotations

import re
from typing import Final

from pydantic import BaseModel, ConfigDict

from agent.conversation.state import GreetingState
from agent.scripts import Question
from agent.scripts.word_forms import normalize_words

_ASKS: Final = re.compile("[?？؟]")
_SENTENCE_END: Final = re.compile("[.!?。！？؟]")
_SHARED_WORDS: Final = 0.5
"""The opening asks the first question if this part of its last sentence is in the question."""


class OpenQuestion(BaseModel):
    """The question that waits for an answer."""

    model_config = ConfigDict(frozen=True)

    id: str
    type: str
    """`choice`, `yes_no`, `number` or `text`"""
    number: int
    """Its place among the script's questions, from 1."""
    ask: str
    """The question in the language of the greeting."""
    choices: dict[str, str] = {}
    """The words of each choice by its id; empty for the other types."""


class QuestionProgress(BaseModel):
    """The value of `greeting.questions`."""

    model_config = ConfigDict(frozen=True)

    total: int
    answered: int
    skipped: int
    open: OpenQuestion | None
    """None if the agent has not asked yet, or all questions are done."""


class QuestionTracker:
    """Follows the lines of one greeting."""

    def __init__(self, state: GreetingState) -> None:
        self._state = state
        self._asked = ""

    def opening_said(self, text: str) -> None:
        """The opening is over; it may have asked the first open question."""
        question = self._state.answers.next_open()
        if question is not None and _asks(text, question):
            self._asked = question.id

    def line_said(self, text: str) -> None:
        if _ASKS.search(text) and text != self._state.script.check_in:
            question = self._state.answers.next_open()
            self._asked = question.id if question is not None else ""

    @property
    def progress(self) -> QuestionProgress:
        answers = self._state.answers
        done = [answer.status for answer in answers.given.values()]
        question = answers.next_open()
        asked = question is not None and question.id == self._asked
        return QuestionProgress(
            total=len(done),
            answered=done.count("answered"),
            skipped=len(done) - done.count("answered") - done.count("open"),
            open=self._open(question) if asked and question is not None else None,
        )

    def _open(self, question: Question) -> OpenQuestion:
        return OpenQuestion(
            id=question.id,
            type=question.type,
            number=list(self._state.answers.given).index(question.id) + 1,
            ask=question.ask,
            choices=question.choices if question.type == "choice" else {},
        )


def _asks(opening: str, question: Question) -> bool:
    """Whether the last sentence of the opening asks this question, perhaps in fewer words."""
    sentences = map(normalize_words, _SENTENCE_END.split(opening))
    last = set([sentence for sentence in sentences if sentence][-1].split())
    asked = set(normalize_words(question.ask).split())
    return len(last & asked) >= _SHARED_WORDS * len(last)
