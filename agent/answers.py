"""Answers: what has been asked and what has been answered, as typed values; pure.

What a model hands over is checked against the question and never taken on trust: what does not fit
is `unclear`, asked once more, and then let go. Nobody is made to answer.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from agent.outcomes.record import Answer
from agent.scripts import ChoiceQuestion, NumberQuestion, Question, TextQuestion

Value = bool | int | float | str

_YES = frozenset(
    "yes yeah yep yup true y sure si claro oui ouais ja jawohl jep doch vrai verdadero wahr".split()
)
_NO = frozenset("no nope nah false n non nein nee faux falso falsch".split())
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")


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
            f"{id} is {_said(a.value)}" if a.value is not None else f"{id} was {a.status}"
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
        self._set(id, Answer(type=question.type, status="answered", value=plain))
        return f"Saved: {id} is {_said(plain)}. {self._what_next()}"

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


def parse_answer(question: Question, value: object) -> Value:
    """A value of the question's own type.

    Raises:
        ValueError: it is none; the text says what would be one.
    """
    if isinstance(question, ChoiceQuestion):
        return _choice(question, value)
    if isinstance(question, NumberQuestion):
        return _number(question, value)
    if isinstance(question, TextQuestion):
        return _text(question, value)
    return _yes_no(value)


def _choice(question: ChoiceQuestion, value: object) -> str:
    said = _plain(value)
    # YAML and models alike may turn an id like `yes` into a truth value.
    for id, words in question.choices.items():
        if said in (_plain(id), _plain(words)):
            return id
    found = [id for id, words in question.choices.items() if f" {_plain(words)} " in f" {said} "]
    if len(found) == 1:
        return found[0]
    raise ValueError(f"it must be one of {', '.join(question.choices)}")


def _yes_no(value: object) -> bool:
    if isinstance(value, bool):
        return value
    words = set(_plain(value).split())
    if bool(words & _YES) != bool(words & _NO):
        return bool(words & _YES)
    raise ValueError("it must be true or false")


def _number(question: NumberQuestion, value: object) -> int | float:
    number: float | None = None
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
    elif isinstance(value, str) and len(found := _NUMBER.findall(value[:200])) == 1:
        number = float(found[0].replace(",", "."))
    low, high = question.minimum, question.maximum
    if number is None or not math.isfinite(number):
        raise ValueError("it must be a number")
    if question.whole:
        number = float(round(number))
    if (low is not None and number < low) or (high is not None and number > high):
        span = [f"at least {low:g}" if low is not None else ""]
        span.append(f"at most {high:g}" if high is not None else "")
        raise ValueError(f"it must be {' and '.join(filter(None, span))}")
    return int(number) if question.whole else number


def _text(question: TextQuestion, value: object) -> str:
    text = "".join(
        " " if c.isspace() else c
        for c in str(value if isinstance(value, str | int | float) else "")
        if c.isspace() or unicodedata.category(c)[0] != "C"
    )
    text = " ".join(text.split())[: question.max_characters].strip()
    if not text:
        raise ValueError("it must be the trainee's own words")
    return text


def _plain(value: object) -> str:
    """Lower case, no accents, no punctuation."""
    text = unicodedata.normalize("NFKD", str(value)[:500].casefold())
    text = "".join(c for c in text if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", text))


def _said(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
