"""What the stand-in's model makes of an answer: a value that the question's function takes.

It guesses nothing. An answer with a word that it does not know has no value, and it asks again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.core.plain_text import cut
from agent.demo.providers.gemini.language import Language, plain, words
from agent.demo.providers.gemini.messages import Request

Value = bool | int | str

RECORD = "record_"
"""The name of a question's function; the question's id follows."""
_LINE = re.compile(
    r"^\s*-\s*([a-z]\w*) \((yes_no|choice|number|text)[^)]*\): (.+?)(?: [\[(](.*)[\])])?$", re.M
)
_CUT_CHARACTERS = 15
"""An interrupted question is recognised if this much of it was said."""
_TEXT_MAX = 300
"""Characters of a text answer; the model shortens it."""
_SKIP_WORDS = 3
"""A text with more words beside "I don't know" is an answer."""


@dataclass(frozen=True)
class Question:
    """One question of the script."""

    id: str
    kind: str
    """`yes_no`, `choice`, `number` or `text`"""
    ask: str
    about: str
    """The choices, or the unit and the bounds of a number."""

    @classmethod
    def all_of(cls, request: Request) -> dict[str, Question]:
        """The questions with a function, from lines of the instruction.

        Such as `- truck (choice): Which truck? [reach = a reach truck; pallet = a pallet truck]`.
        """
        found = (cls(*match.groups(default="")) for match in _LINE.finditer(request.instruction))
        return {each.id: each for each in found if RECORD + each.id in request.functions}

    @property
    def choices(self) -> dict[str, str]:
        """Labels by id."""
        pairs = (choice.partition(" = ") for choice in self.about.split("; "))
        return {id: label for id, _, label in pairs}

    def is_in(self, text: str) -> bool:
        """Whether this question was asked in a text, also if only its beginning was.

        A text may be interrupted, and an opening asks without the choices.
        """
        said, ask = plain(text), plain(self.ask)
        starts = (ask[:end] for end in range(len(ask), _CUT_CHARACTERS, -1))
        return ask in said or any(said.rstrip(" ?").endswith(start) for start in starts)


def value_of(question: Question, said: str, language: Language) -> Value | None:
    """The value of an answer; None if it is not clear."""
    correction = rf"(?<!\w)(?:{language.patterns['correction']})(?!\w)[ ,:]*"
    *_, text = re.split(correction, plain(said))
    if question.kind == "yes_no":
        return _yes_no(text, language)
    if question.kind == "number":
        return _number(question, text, language)
    if question.kind == "choice":
        return _choice(question, text, language)
    no_text = language.finds("not_text", text) or declines(question, said, language)
    return None if no_text else cut(said, _TEXT_MAX)


def declines(question: Question, said: str, language: Language) -> bool:
    """Whether the trainee does not know, or would rather not say."""
    text = plain(said)
    match = language.finds("skip", text)
    if match is None or question.kind != "text":
        return match is not None
    return len(words(text.replace(match[0], ""))) <= _SKIP_WORDS


def _yes_no(text: str, language: Language) -> bool | None:
    """What a clause begins with, if no other clause begins with the opposite."""
    if language.finds("skip", text):
        return None
    fillers = "|".join(language.fillers.split())
    clauses = re.split("[,.;:!] ?", text)
    begins = {
        intent: re.compile(rf"(?:(?:{fillers}) )*(?:{language.patterns[intent]})(?!\w)")
        for intent in ("yes", "no")
    }
    said = {intent for intent in begins if any(map(begins[intent].match, clauses))}
    return "yes" in said if len(said) == 1 else None


def _number(question: Question, text: str, language: Language) -> int | None:
    """The number, if all other words are of the question."""
    known = set(language.content_words(f"{question.ask} {question.about}"))
    left = [word for word in language.content_words(text) if word.isdigit() or word not in known]
    return int(left[0]) if len(left) == 1 and re.fullmatch(r"-?\d+", left[0]) else None


def _choice(question: Question, text: str, language: Language) -> str | None:
    """The only choice that has all words of the answer."""
    if _yes_no(text, language) is False:
        return "none" if "none" in question.choices else None
    said = set(language.content_words(text))
    named = [
        id
        for id, label in question.choices.items()
        if said <= {*language.content_words(label), *words(id.replace("_", " "))}
    ]
    return named[0] if len(named) == 1 else None
