"""What the instruction tells the model: whom it talks to, in which language, facts and questions.

Read from the text of `prompts/_common/<locale>.md` as it is rendered; what is not there is empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agent.demo import tongues
from agent.demo.interlocutor.question import Question
from agent.demo.interlocutor.wording import plain

_NOT_GIVEN = r"not given|unknown|none|n/a|their first|no indicad|non precis|nicht angegeben"
_LOCALES = {
    "english": "en",
    "spanish": "es",
    "espanol": "es",
    "french": "fr",
    "francais": "fr",
    "german": "de",
    "deutsch": "de",
}
_LANGUAGE = re.compile(
    r"\b(?:speak|hablas en|parlez en|sprechen)\s+(" + "|".join(_LOCALES) + r")\b"
)
_LABELLED = re.compile(r"^\s*-\s*[\w .'’]{2,20}?\s?:\s")
_FACTS_FOLLOW = re.compile(
    r"\b(?:know about|answer from|sabes de|savez de|wissen|worth mentioning|vale la pena"
    r"|merite d'etre|erwahnen|facts?|talking points?)\b"
)
_QUESTIONS_FOLLOW = re.compile(r"\b(?:learn from|gustaria saber|aimeriez apprendre|erfahren)\b")
_LONGEST_NAME = 40


@dataclass(frozen=True)
class Facts:
    """What the instruction says about the trainee; empty where it says nothing."""

    name: str = ""
    role: str = ""
    industry: str = ""
    training: str = ""
    guide: str = "your guide"

    @classmethod
    def from_instruction(cls, text: str) -> Facts:
        """Read lines like `- role: fitter`, in any of four languages; "not given" is nothing."""

        def value(*labels: str) -> str:
            for label in labels:
                match = re.search(rf"^\W*{label}\s*:[^\S\n]*(.+?)[^\S\n]*$", text, re.I | re.M)
                if match and not re.match(_NOT_GIVEN, plain(match[1]), re.I):
                    return match[1].strip(" .\"'")
            return ""

        guide = re.search(
            r"\b(?:You are|Eres|Vous êtes|Sie sind) (?:called |named )?([A-Z][a-z]+)\b", text
        )
        name = value("name", "trainee(?:'s)? name", "trainee", "nombre", "nom")
        return cls(
            # Nobody is called a whole sentence: that is somebody trying their luck.
            name=name if len(name) <= _LONGEST_NAME else "",
            role=value("role", "job", "position", "puesto", "poste", "Tätigkeit"),
            industry=value("industry", "sector", "secteur", "Branche"),
            training=value(
                "training", "training.type", "training_type", "course", "formación", "formation",
                "Schulung",
            ),
            guide=guide[1] if guide else "your guide",
        )  # fmt: skip


@dataclass(frozen=True)
class Brief:
    """The whole instruction, as far as the interlocutor can use it."""

    trainee: Facts
    language: str
    facts: tuple[str, ...]
    questions: tuple[Question, ...]

    @classmethod
    def from_instruction(cls, text: str) -> Brief:
        named = _LANGUAGE.search(plain(text))
        language = _LOCALES[named[1]] if named else tongues.guess(text, ("en", "es", "fr", "de"))
        lists = list(_lists(text))
        return cls(
            trainee=Facts.from_instruction(text),
            language=language,
            facts=tuple(
                line.removeprefix("- ").strip()
                for heading, lines in lists
                if _FACTS_FOLLOW.search(heading) and not _QUESTIONS_FOLLOW.search(heading)
                for line in lines
                if not _LABELLED.match(line) and Question.from_line(line) is None
            ),
            questions=tuple(q for line in text.splitlines() if (q := Question.from_line(line))),
        )


def _lists(text: str) -> Iterator[tuple[str, list[str]]]:
    """Every list with the plain text right above it."""
    heading: list[str] = []
    lines: list[str] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("- "):
            lines.append(line)
        elif lines and line.startswith("  "):
            lines[-1] += " " + line.strip()
        else:
            if lines:
                yield plain(" ".join(heading)), lines
                heading, lines = [], []
            heading = [*heading, line] if line.strip() else []
