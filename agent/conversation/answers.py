"""The questions of a script and the trainee's answers, as typed values.

The model converts what the trainee says into a value of the question's type. A value of another
type or out of bounds changes nothing, and the model is told what is expected: a wrong answer in the
outcome is worse than none. No answer is ever forced.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from agent.core.events import AnswersChanged, Events
from agent.core.records import Answer
from agent.scripts import Question

ACCEPTED = ("Saved: ", "Kept: ", "Left out: ")
"""How the sentence for the model begins if there is nothing to correct."""
_QUOTED_MAX = 200
"""Characters of a text answer that the model is told again."""
_SENT_MAX = 80
"""Characters of a refused value that the model is told again."""


class Answers:
    """Emits `AnswersChanged` whenever an answer changes."""

    def __init__(self, questions: Sequence[Question], events: Events) -> None:
        self._questions = {question.id: question for question in questions}
        self._asked_again: set[str] = set()
        self._events = events
        self._given = {question.id: Answer(type=question.type) for question in questions}
        """Also the answers to questions whose condition does not hold any more."""

    @property
    def questions(self) -> dict[str, Question]:
        """The questions whose condition holds, by id and in the order of the script."""
        asked: dict[str, Question] = {}
        for id, question in self._questions.items():
            conditions = question.only_if.items()
            if all(other in asked and self._given[other].value == v for other, v in conditions):
                asked[id] = question
        return asked

    @property
    def given(self) -> dict[str, Answer]:
        """The answers to `questions`, by id and in the order of the script."""
        return {id: self._given[id] for id in self.questions}

    def restore(self, given: Mapping[str, Answer]) -> None:
        """Take over earlier answers to questions that the script still asks."""
        for id, answer in given.items():
            question = self._questions.get(id)
            if question is None or question.type != answer.type:
                continue
            # With OUTCOME_DETAIL=aggregate, only the value's existence is known.
            no_value = answer.value is None and answer.status in ("answered", "declined")
            if no_value or question.canonical(answer.value) is not None:
                self._given[id] = answer

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
        self._questions = {question.id: question for question in questions}
        for question in questions:
            self._given.setdefault(question.id, Answer(type=question.type))

    def record(self, id: str, value: object) -> str:
        """Record an answer or a correction. Returns one sentence for the model."""
        question = self.questions.get(id)
        if question is None:
            return self._not_asked(id)
        canonical = question.canonical(value)
        if canonical is None:
            return (
                f"`value` must be {question.expects}; you sent {_sent(value)}. "
                "If the trainee does not know, call skip_question."
            )
        answer = Answer(type=question.type, status="answered", value=canonical)
        self._set(id, answer)
        return f"Saved: {id} is {_shown(answer)}. {self._what_next()}"

    def skip(self, id: str) -> str:
        """Mark an open question as declined. Returns one sentence for the model."""
        question = self.questions.get(id)
        if question is None:
            return self._not_asked(id)
        known = self._given[id]
        if known.status == "answered":
            return f"Kept: {id} is {_shown(known)}. {self._what_next()}"
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
        questions = self.questions.items()
        return next((q for id, q in questions if self._given[id].status == "open"), None)

    def _not_asked(self, id: str) -> str:
        if id in self._questions:
            question = self._questions[id]
            is_open = any(self._given[other].status == "open" for other in question.only_if)
            advice = "record that answer first" if is_open else "leave it out"
            return f"{id} is asked {question.condition}: {advice}. {self._what_next()}"
        known = ", ".join(self._questions) or "none"
        return f"There is no question {id[:40]!r}; there are: {known}. {self._what_next()}"

    def _what_next(self) -> str:
        following = self.next_open()
        if following is None:
            return "none open: see whether they have a question of their own, else end_greeting."
        return f"next: {following.id}"

    def _set(self, id: str, answer: Answer) -> None:
        known = self._given[id]
        if (known.status, known.value) != (answer.status, answer.value):
            self._given[id] = answer.model_copy(update={"at": datetime.now(UTC)})
            self._events.emit(AnswersChanged())


def _shown(answer: Answer) -> str:
    """The value as the model is told it; text is quoted and cannot close its quotes."""
    if isinstance(answer.value, bool):
        return "yes" if answer.value else "no"
    if answer.type == "text":
        return '"{}"'.format(str(answer.value).replace('"', "'")[:_QUOTED_MAX])
    return str(answer.value)


def _sent(value: object) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):  # an integer of thousands of digits
        return "something else"
    return text if len(text) <= _SENT_MAX else f"{text[:_SENT_MAX]}…"
