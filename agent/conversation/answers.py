"""The questions of a script and the trainee's answers, as typed values.

Every value from the model is checked against its question. A value that does not fit is `unclear`:
the model is told to ask once more, and then to go on. No answer is ever forced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from agent.conversation.answer_values import parse_answer
from agent.core.events import AnswersChanged, Events
from agent.core.types import Answer
from agent.scripts import Question

_QUOTED_MAX = 200
"""Characters of a text answer that the model is told again."""


class Answers:
    """The answers of one trainee; emits `AnswersChanged` whenever one changes."""

    def __init__(self, questions: Sequence[Question], events: Events) -> None:
        self._questions = {question.id: question for question in questions}
        self._asked_again: set[str] = set()
        self._events = events
        self.given = {question.id: Answer(type=question.type) for question in questions}
        """Answers by question id, in the order of the script."""

    def restore(self, given: Mapping[str, Answer]) -> None:
        """Take over earlier answers to questions that the script still asks."""
        for id, answer in given.items():
            if id in self.given and self.given[id].type == answer.type:
                self.given[id] = answer

    def replace(self, questions: Sequence[Question], earlier: Mapping[str, Answer]) -> None:
        """Ask the questions of another script; `earlier` answers to them count."""
        self._questions = {question.id: question for question in questions}
        self._asked_again.clear()
        self.given = {question.id: Answer(type=question.type) for question in questions}
        self.restore(earlier)

    @property
    def summary(self) -> str:
        """What is recorded and what is open, for a model that has not seen it; empty if nothing."""
        known = [
            f"{id} is {_shown(a)}" if a.value is not None else f"{id} was {a.status}"
            for id, a in self.given.items()
            if a.status != "open"
        ]
        return f"Already recorded: {'; '.join(known)}. {self._what_next()}" if known else ""

    def rephrase(self, questions: Sequence[Question]) -> None:
        """Use the wording of another language; answers stay."""
        self._questions = {question.id: question for question in questions}
        for question in questions:
            self.given.setdefault(question.id, Answer(type=question.type))

    def record(self, id: str, value: object) -> str:
        """Record an answer or a correction. Returns one sentence for the model."""
        question = self._questions.get(id)
        if question is None:
            return self._unknown(id)
        try:
            plain = parse_answer(question, value)
        except ValueError as e:
            return self._unclear(question, str(e))
        answer = Answer(type=question.type, status="answered", value=plain)
        self._set(id, answer)
        return f"Saved: {id} is {_shown(answer)}. {self._what_next()}"

    def skip(self, id: str) -> str:
        """Mark a question as declined. Returns one sentence for the model."""
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
        """The first question that has not been asked yet."""
        return next(
            (q for id, q in self._questions.items() if self.given[id].status == "open"), None
        )

    def _unclear(self, question: Question, why: str) -> str:
        # An unclear correction does not erase a clear answer.
        if self.given[question.id].status != "answered":
            self._set(question.id, Answer(type=question.type, status="unclear"))
        if question.id in self._asked_again:
            return f"Still not clear: {why}. Skip {question.id}. {self._what_next()}"
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
            self._events.emit(AnswersChanged())


def _shown(answer: Answer) -> str:
    """The value as the model is told it; text is quoted and cannot close its quotes."""
    if isinstance(answer.value, bool):
        return "yes" if answer.value else "no"
    if answer.type == "text":
        return '"{}"'.format(str(answer.value).replace('"', "'")[:_QUOTED_MAX])
    return str(answer.value)
