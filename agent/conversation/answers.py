"""Answers: what has been asked and what has been answered, as typed values; pure.

What a model hands over is checked against the question and never taken on trust: what does not fit
is `unclear`, asked once more, and then let go. Nobody is made to answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from agent.conversation.answer_values import parse_answer
from agent.core.types import Answer
from agent.scripts import Question

_TOLD_MAX = 200
"""Characters of their own words that a model is told again."""


class Answers:
    """The answers of one trainee; the questions' words may change with the language."""

    def __init__(self, questions: Sequence[Question], on_change: Callable[[], None]) -> None:
        """Args: `on_change` is called whenever an answer was given, changed or passed over."""
        self._questions = {question.id: question for question in questions}
        self._asked_again: set[str] = set()
        self._on_change = on_change
        self.given = {question.id: Answer(type=question.type) for question in questions}
        """By the question's id, in the script's order."""

    def restore(self, given: Mapping[str, Answer]) -> None:
        """Take over what was answered before, where it is still asked."""
        for id, answer in given.items():
            if id in self.given and self.given[id].type == answer.type:
                self.given[id] = answer

    @property
    def so_far(self) -> str:
        """For a model that was not there: what is recorded, and what is open; empty: nothing is."""
        known = [
            f"{id} is {_said(a)}" if a.value is not None else f"{id} was {a.status}"
            for id, a in self.given.items()
            if a.status != "open"
        ]
        return f"Already recorded: {'; '.join(known)}. {self._what_next()}" if known else ""

    def rephrase(self, questions: Sequence[Question]) -> None:
        """Ask in another language from now on; what was answered stays so."""
        self._questions = {question.id: question for question in questions}
        for question in questions:
            self.given.setdefault(question.id, Answer(type=question.type))

    def record(self, id: str, value: object) -> str:
        """Take an answer, or a correction of one; one sentence for the model."""
        question = self._questions.get(id)
        if question is None:
            return self._unknown(id)
        try:
            plain = parse_answer(question, value)
        except ValueError as e:
            return self._unclear(question, str(e))
        answer = Answer(type=question.type, status="answered", value=plain)
        self._set(id, answer)
        return f"Saved: {id} is {_said(answer)}. {self._what_next()}"

    def skip(self, id: str) -> str:
        """The trainee passed a question over; one sentence for the model."""
        question = self._questions.get(id)
        if question is None:
            return self._unknown(id)
        self._set(id, Answer(type=question.type, status="declined"))
        if question.required and id not in self._asked_again:
            self._asked_again.add(id)
            return (
                f"{id} would help their trainer. If it has been asked only once, ask it once "
                f"more, kindly; if they still would rather not, go on. {self._what_next()}"
            )
        return f"Left out: {id}. {self._what_next()}"

    def next_open(self) -> Question | None:
        """The first question that has not come up yet."""
        return next(
            (q for id, q in self._questions.items() if self.given[id].status == "open"), None
        )

    def _unclear(self, question: Question, why: str) -> str:
        # An answer that was clear before is not lost to a correction that is not.
        if self.given[question.id].status != "answered":
            self._set(question.id, Answer(type=question.type, status="unclear"))
        if question.id in self._asked_again:
            return f"Still not clear: {why}. Let {question.id} go. {self._what_next()}"
        self._asked_again.add(question.id)
        return f"Not clear: {why}. Ask {question.id} once more, in other words."

    def _unknown(self, id: str) -> str:
        known = ", ".join(self._questions) or "none"
        return f"There is no question {id[:40]!r}; there are: {known}. {self._what_next()}"

    def _what_next(self) -> str:
        following = self.next_open()
        if following is None:
            return "none open: see whether they have a question of their own, else end_greeting."
        return f"next: {following.id}"

    def _set(self, id: str, answer: Answer) -> None:
        known = self.given[id]
        if (known.status, known.value) != (answer.status, answer.value):
            self.given[id] = answer.model_copy(update={"at": datetime.now(UTC)})
            self._on_change()


def _said(answer: Answer) -> str:
    """As a model is told of it: their own words between double quotes, which they cannot close."""
    if isinstance(answer.value, bool):
        return "yes" if answer.value else "no"
    if answer.type == "text":
        return '"{}"'.format(str(answer.value).replace('"', "'")[:_TOLD_MAX])
    return str(answer.value)
