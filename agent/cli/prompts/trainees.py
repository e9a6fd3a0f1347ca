"""The scripted trainees of `prompts rehearse`: what they do, and their answers to any script."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.scripts import Question
from agent.scripts.schema import Value
from agent.scripts.word_forms import normalize_words

_DATA: dict[str, Any] = json.loads(
    Path(__file__).with_name("trainees.json").read_text(encoding="utf-8")
)
LANGUAGES: dict[str, dict[str, str]] = _DATA["lines"]
"""The trainees' lines by language and id."""
_FACT_WORDS = 2
"""How many words of a fact a question about it has."""
_SHORT_WORD = 4
"""Words with fewer letters do not distinguish facts."""


@dataclass(frozen=True)
class ScriptedTrainee:
    """One trainee."""

    name: str
    about: str
    """What they do, for the writer: a verb in the third person."""
    turns: tuple[str, ...]
    """Ids of `LANGUAGES`, and the steps of `rehearsal`, such as `answers`."""
    number: int
    """Trainees with different numbers give different answers."""


TRAINEES = {
    name: ScriptedTrainee(name, data["about"], tuple(data["turns"]), number)
    for number, (name, data) in enumerate(_DATA["trainees"].items())
}


def right_value(question: Question, number: int) -> Value:
    """Return the value that a trainee means."""
    match question.type:
        case "choice":
            return list(question.choices)[number % len(question.choices)]
        case "number":
            low = 0 if question.minimum is None else -int(-question.minimum // 1)
            high = low + 20 if question.maximum is None else int(question.maximum // 1)
            return low + (2 + number) % (max(high - low, 0) + 1)
        case "yes_no":
            return number % 3 != 0
        case _:
            return "text"


def wrong_value(question: Question, number: int) -> Value:
    """Return another value; of a number, one that the script does not allow if it has a maximum."""
    match question.type:
        case "number" if question.maximum is not None:
            return int(question.maximum) + 10
        case "yes_no":
            return not right_value(question, number)
        case "text":
            return "wrong text"
        case _:
            return right_value(question, number + 1)


def said(question: Question, value: Value, language: str) -> str:
    """Return a value as the trainee says it."""
    lines = LANGUAGES[language]
    if question.type == "choice":
        return f"{question.choices[str(value)]}."
    if question.type == "yes_no":
        return lines["yes" if value else "no"]
    return lines[str(value)] if question.type == "text" else f"{value}."


def fact_questions(facts: Sequence[str], language: str) -> list[str]:
    """Return a question about each fact, with the words that distinguish it from the others."""
    counts = Counter(word for fact in facts for word in content_words(fact))
    questions = []
    for fact in facts:
        named = {normalize_words(word): word for word in re.findall(r"[^\W_]+", fact)}
        words = sorted(content_words(fact), key=lambda word: (counts[word], -len(word), word))
        words = [named[word] for word in words[:_FACT_WORDS]]
        questions.append(LANGUAGES[language]["fact"].format(words=", ".join(words)))
    return questions


def content_words(text: str) -> set[str]:
    """Return the longer words of a text, without case and accents."""
    return {word for word in normalize_words(text).split() if len(word) >= _SHORT_WORD}
