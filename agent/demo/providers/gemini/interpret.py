"""What the stand-in's model makes of an answer: a value that the question's function takes.

It matches common phrases (`languages/`) and guesses nothing: an answer that may mean two things has
no value, and the stand-in asks again.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from agent.core.plain_text import cut
from agent.demo.providers.gemini.language import Language, found, plain, words

Value = bool | int | str

_LINE = re.compile(
    r"^\s*-\s*([a-z]\w*) \((yes_no|choice|number|text)(?:; only if [^)]*)?\): (.+)$", re.M
)
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
    def all_in(cls, instruction: str) -> dict[str, Question]:
        """Read lines such as `- truck (choice): Which truck? [reach = a reach truck; …]`."""
        found = [cls._of(*match.groups()) for match in _LINE.finditer(instruction)]
        return {question.id: question for question in found}

    @classmethod
    def _of(cls, id: str, kind: str, line: str) -> Question:
        if kind == "number" and (unit := re.search(r" \(([^()]*)\)$", line)):
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


def declines(question: Question, said: str, language: Language) -> bool:
    """Whether the trainee does not know, or would rather not say."""
    text = plain(said)
    match = language.finds("skip", text)
    if match is None or question.kind != "text":
        return match is not None
    return len(words(text.replace(match[0], ""))) <= _SKIP_WORDS


def interpret(question: Question, said: str, language: Language) -> Value | None:
    """The value of an answer; None if it is not clear."""
    text, declined = plain(said), declines(question, said, language)
    if question.kind == "text":
        bare = re.fullmatch(language.patterns["yes_word"], text.strip(" .!"))
        return None if bare or declined else cut(said, _TEXT_MAX)
    if language.finds("aside", text) or (declined and question.kind != "choice"):
        return None
    corrected = f"{language.patterns['correction']}|{language.patterns['rather']}"
    if question.kind != "yes_no":
        corrected += rf"|(?:{language.patterns['no_word']})(?=[,:;])"
    *_, after = re.split(rf"(?<!\w)(?:{corrected})(?!\w)[ ,:;.]*", text)
    read = {"yes_no": _yes_no, "number": _number, "choice": _choice}[question.kind]
    values = (read(question, part, language) for part in (after, text))
    value = next((value for value in values if value is not None), None)
    if value is None and "none" in question.choices and not declined:
        return "none" if _yes_no(question, text, language) is False else None
    return value


def _yes_no(question: Question, text: str, language: Language) -> bool | None:
    """The first word decides, unless another clause is the opposite; else a phrase does."""
    text = re.sub(rf"^(?:(?:{language.patterns['well']})[ ,.!]+)+", "", text)
    if language.finds("first", text):  # "Is it your first?" or "Did you before?"
        return language.finds("is_first", plain(question.ask)) is not None
    yes, no = language.patterns["yes_word"], language.patterns["no_word"]
    clauses = [clause.strip() for clause in re.split("[,.;:!]", text)]
    says_yes, says_no = (
        any(re.fullmatch(rf"(?:(?:{word}) ?)+", clause) for clause in clauses) for word in (yes, no)
    )
    if found(f"^(?:{yes})", text):
        return None if says_no else True
    if found(f"^(?:{no})", text):
        return None if says_yes or language.finds("maybe", text) else False
    if language.finds("maybe", text) or (says_yes and says_no):
        return None
    if says_no or (language.finds("no", text) and not says_yes):
        return False
    return True if says_yes or language.finds("yes", text) else None


def _number(question: Question, text: str, language: Language) -> int | None:
    """The only number of a text that has no words of something else."""
    if any(
        re.fullmatch(language.patterns["none"], clause) for clause in re.split("[,.;!] ?", text)
    ):
        return 0
    text = language.in_digits(text)
    unit = next((span for span in language.spans if found(span, question.unit)), "$")
    text = re.sub(rf"(?<!\w)(?:{language.patterns['one']})(?= (?:{unit})(?!\w)|,? \d|$)", "1", text)
    text = re.sub(rf"(?<!\w)(?:{language.patterns['not']}) \d+", "", text)
    numbers = re.findall(r"-?\d+", text)
    known = f"{language.words['beside numbers']} {language.words['beside labels']}".split()
    besides = {word for word in re.findall("[a-z]+", text) if not re.fullmatch(unit, word)}
    if len(numbers) != 1 or besides - {*known} or language.finds("inexact", text):
        return None
    return int(numbers[0])


def _choice(question: Question, text: str, language: Language) -> str | None:
    """The choice whose label, or a word that only it has, is said; or its place in the list."""
    bare = re.fullmatch(
        f"{language.patterns['yes_word']}|{language.patterns['no_word']}", text.strip(" .!")
    )
    labels = {id: language.content_words(label) for id, label in question.choices.items()}
    counts = Counter(word for label in labels.values() for word in {*label})
    said = language.content_words(text)
    named = []
    for id, label in labels.items():
        own = {word for word in (*label, *words(id.replace("_", " "))) if counts[word] < 2}
        own &= {word for word in said if not bare and not language.finds("not", word)}
        if own or found(" ".join(label), " ".join(said)):
            named.append(id)
    if not named:
        ids, ordinals = list(labels), language.words["ordinals"].replace("_", " ")
        places = zip(re.split(r"(?<=\$) ", ordinals), [*ids[:3], ids[-1]], strict=False)
        named = [id for ordinal, id in places if re.match(ordinal, text.strip(" .!,"))]
    if len(named) != 1:
        return None
    label_is_negative = language.finds("not", " ".join(labels[named[0]]))
    return named[0] if label_is_negative or not language.finds("not", " ".join(said)) else None
