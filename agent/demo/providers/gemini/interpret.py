"""What the stand-in's model makes of an answer: a value that the question's function takes.

It knows common phrases (`languages/`) and guesses nothing: an answer that may mean two things has
no value, and the stand-in asks again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from agent.core.plain_text import cut
from agent.demo.providers.gemini.language import Language, found, plain, words

Value = bool | int | float | str

_LINE = re.compile(
    r"^\s*-\s*([a-z]\w*) \((yes_no|choice|number|text)(?:; only if [^)]*)?\): (.+)$", re.M
)
_NUMBER = r"(?<![\w.,])-?\d+(?:[.,]\d+)?(?!\w|[.,]\d)"
_CUT_CHARACTERS = 15
"""An interrupted question is recognised if this much of it was said."""
_TEXT_MAX = 300
"""Characters of a text answer; the model shortens it."""
_SKIP_WORDS = 3
"""A text with more words beside "I don't know" is an answer."""


@dataclass(frozen=True)
class Question:
    """One question of the script, as the system instruction lists it."""

    id: str
    kind: str
    """`yes_no`, `choice`, `number` or `text`"""
    ask: str
    choices: dict[str, str] = field(default_factory=dict)
    """Labels by id."""
    unit: str = ""
    """The unit and the bounds of a number."""

    @classmethod
    def all_in(cls, instruction: str) -> list[Question]:
        """Read lines such as `- truck (choice): Which truck? [reach = a reach truck; …]`."""
        return [cls._from_line(*match.groups()) for match in _LINE.finditer(instruction)]

    @classmethod
    def _from_line(cls, id: str, kind: str, line: str) -> Question:
        unit = re.search(r" \(([^()]*)\)$", line) if kind == "number" else None
        if unit:
            return cls(id, kind, line[: unit.start()], unit=plain(unit[1]))
        ask, _, listed = line.partition(" [") if kind == "choice" else (line, "", "")
        pairs = (pair.partition(" = ") for pair in listed.rstrip("]").split("; "))
        return cls(id, kind, ask, {choice: label for choice, _, label in pairs if choice})

    def is_in(self, text: str) -> bool:
        """Whether this question was asked in a text, also if only its beginning was.

        A text may be interrupted, and an opening asks without the choices.
        """
        said, ask = plain(text), plain(self.ask)
        starts = (ask[:end] for end in range(len(ask), _CUT_CHARACTERS, -1))
        return ask in said or any(said.rstrip(" ?").endswith(start) for start in starts)


def declines(question: Question, said: str, ours: Language) -> bool:
    """Whether the trainee does not know, or would rather not say."""
    text = plain(said)
    match = found(ours.intents["skip"], text)
    if match is None or question.kind != "text":
        return match is not None
    return len(words(text.replace(match[0], ""))) <= _SKIP_WORDS


def interpret(question: Question, said: str, ours: Language) -> Value | None:
    """The value of an answer; None if it is not clear."""
    if question.kind == "text":
        bare = re.fullmatch(ours.intents["yes_word"], plain(said).strip(" .!"))
        return None if bare or declines(question, said, ours) else cut(said, _TEXT_MAX)
    declined = declines(question, said, ours)
    if (question.kind != "choice" and declined) or found(ours.intents["aside"], plain(said)):
        return None
    text, corrected = plain(said), "|".join(ours.intents[name] for name in ("correction", "rather"))
    if question.kind != "yes_no":
        corrected += rf"|(?:{ours.intents['no_word']})(?=[,:;])"
    text = re.sub(rf"^(?:(?:{ours.intents['well']})[ ,.!]+)+", "", text)
    *_, after = re.split(rf"(?<!\w)(?:{corrected})(?!\w)[ ,:;.]*", text)
    read: Callable[[Question, str, Language], Value | None]
    read = {"yes_no": _yes_no, "number": _number, "choice": _choice}[question.kind]
    values = (read(question, part, ours) for part in (after, text))
    value = next((value for value in values if value is not None), None)
    if value is None and "none" in question.choices and not declined:
        return "none" if _yes_no(question, text, ours) is False else None
    return value


def _yes_no(question: Question, text: str, ours: Language) -> bool | None:
    if found(ours.intents["first"], text):  # "Is it your first?" or "Did you before?"
        return found(ours.intents["is_first"], plain(question.ask)) is not None
    clauses = [clause.strip() for clause in re.split(r"[,.;:!]", text)]
    begins, stands = {}, {}
    for word in ("yes_word", "no_word"):
        pattern = ours.intents[word]
        begins[word] = bool(re.match(rf"(?:{pattern})(?!\w)", text))
        stands[word] = any(re.fullmatch(rf"(?:(?:{pattern}) ?)+", each) for each in clauses)
    if not begins["yes_word"] and found(ours.intents["maybe"], text):
        return None
    if begins["yes_word"] or begins["no_word"]:
        contradicts = stands["no_word" if begins["yes_word"] else "yes_word"]
        return None if contradicts else begins["yes_word"]
    if stands["yes_word"] and stands["no_word"]:
        return None
    if stands["yes_word"]:
        return True
    if found(ours.intents["no"], text) or stands["no_word"]:
        return False
    return True if found(ours.intents["yes"], text) else None


def _number(question: Question, text: str, ours: Language) -> int | float | None:
    text = re.sub(r"(?<=\d)[., '](?=\d{3}(?!\d))", "", ours.in_digits(text))
    for span in ours.spans:
        text = re.sub(rf"(?<=\d)(?=(?:{span})\b)", " ", text)
    unit = next((span for span in ours.spans if found(span, question.unit)), "")
    others = "|".join(span for span in ours.spans if unit and span != unit)
    if found(ours.intents["inexact"], text) or (others and found(others, text)):
        return None
    ends = rf"(?= (?:{unit or '$'})\b)|(?=,? \d)|(?= \w+ \d)|$"
    text = re.sub(rf"(?<!\w)(?:{ours.intents['one']})(?:{ends})", "1", text)
    negation = ours.intents["not"]
    text = re.sub(rf"(?<!\w)(?:{negation})(?: [a-z']+){{0,2}} {_NUMBER}", "", text)
    text = re.sub(rf"{_NUMBER} (?:{negation})(?=[,.;]|$)", "", text)
    numbers = {float(number.replace(",", ".")) for number in re.findall(_NUMBER, text)}
    if len(numbers) == 1:
        allowed = f"{ours.number_words} {ours.little_words}".split()
        known = rf"{_NUMBER}|\b(?:{unit or '$'})\b"
        besides = set(words(re.sub(known, "", text))) - set(allowed)
        if besides and not (unit and re.search(rf"{_NUMBER} (?:\w+ )?(?:{unit})\b", text)):
            return None  # of something else
        (number,) = numbers
        return int(number) if number.is_integer() else number
    clauses = [clause.strip() for clause in re.split(r"[,.;!]", text)]
    is_none = any(re.fullmatch(ours.intents["none"], clause) for clause in clauses)
    return 0 if is_none and not numbers else None


def _choice(question: Question, text: str, ours: Language) -> str | None:
    negation = rf"(?<!\w)(?:{ours.intents['not']}) "
    said = " ".join(ours.content_words(text))
    labels = {id: ours.content_words(label) for id, label in question.choices.items()}
    left = set(re.sub(rf"{negation}(?:\w+|$)", "", f"{said} ").split())
    plainly = "|".join(ours.intents[word] for word in ("yes_word", "no_word"))
    bare = re.fullmatch(plainly, text.strip(" .!"))
    named = []
    for id, label in labels.items():  # the label, a word that no other label has, or the id
        others = {word for other in labels if other != id for word in labels[other]}
        phrase = found(re.escape(" ".join(label)), said)
        is_said = phrase and not re.search(rf"{negation}\Z", said[: phrase.start()])
        if is_said or not bare and left & ({*label, *words(id.replace("_", " "))} - others):
            named.append(id)
    if not named and not bare:  # a part of one label only
        named = [id for id, label in labels.items() if said and set(said.split()) <= set(label)]
    if not named:
        ids = list(question.choices)
        ordinals = dict(zip(ours.ordinals.split(), [*ids[:3], ids[-1]], strict=False))
        said = text.strip(" .!,")
        named = [id for o, id in ordinals.items() if re.match(o.replace("_", " "), said)]
    return named[0] if len(named) == 1 else None
