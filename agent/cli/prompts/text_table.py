"""A table of a script's texts: a row for each text, a cell for each locale.

`prompts render` prints it, and `prompts preview` makes a page of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agent.scripts import Question, RenderedScript
from agent.scripts.finding import Finding, Loc, dotted
from agent.scripts.schema import SHARED_LINES
from agent.scripts.speakable import estimate_speech_s

_IN_OPENING = frozenset({"ai_disclosure", "recording_disclosure"})
LINES = (
    *("opening", "opening_recorded", "closing"),
    *(line for line in SHARED_LINES if line not in _IN_OPENING),
    "welcome_text",
)
"""Texts that are said word for word; `welcome_text` is only read."""
_READ = frozenset({"welcome_text", "facts", "talking_points"})

Variants = Sequence[RenderedScript]
"""A script in one locale: in general, and then for each industry."""


@dataclass
class Text:
    """A text, in general or for one industry."""

    industry: str
    text: str
    seconds: str
    """How long it takes to say; empty for a text that is read."""
    audio: str = ""
    """The URL of its audio on the page's server."""


@dataclass
class Cell:
    """A text in one locale, and the findings about it."""

    locale: str
    variants: list[Text]
    """In general first; an industry only if its text is another one."""
    findings: list[Finding] = field(default_factory=list)


@dataclass
class Row:
    """A text in all locales."""

    loc: Loc
    """Where it is in the script's file."""
    name: str
    note: str
    cells: list[Cell]
    different: bool = False
    """True if not all locales have this text."""


def rows_of(locales: Mapping[str, Variants]) -> Iterator[Row]:
    """Yield the rows of a script: its lines, questions, facts and talking points."""
    for name in LINES:
        cells = [
            _cell(variants, name, [getattr(script, name) for script in variants])
            for variants in locales.values()
        ]
        yield Row((name,), name.replace("_", " "), "", cells)
    yield from _questions(locales)
    for name in ("facts", "talking_points"):
        yield from _list(name, locales)


def place_findings(findings: Sequence[Finding], rows: Sequence[Row]) -> list[Finding]:
    """Put each finding into the cell that it is about; return those that are about a file."""
    of_files = []
    for finding in findings:
        cells = [
            cell
            for row in rows
            for cell in row.cells
            if finding.field.startswith(dotted(row.loc)) and cell.locale == finding.path.stem
        ]
        if cells and finding.field:
            cells[0].findings.append(finding)
        else:
            of_files.append(finding)
    return of_files


def _questions(locales: Mapping[str, Variants]) -> Iterator[Row]:
    first = next(iter(locales.values()))[0]
    for number, question in enumerate(first.questions):
        cells = [
            _cell(variants, "ask", [_asked(script, number) for script in variants])
            for variants in locales.values()
        ]
        name = f"question {question.id}"
        yield Row(("questions", number), name, kind_of(question), cells)


def kind_of(question: Question) -> str:
    """Return the type of a question, and when it is asked: `number, optional; only if …`."""
    required = "required" if question.required else "optional"
    condition = f"; {question.condition}" if question.condition else ""
    return f"{question.type}, {required}{condition}"


def timed(field: str, script: RenderedScript, text: str) -> str:
    """Return the seconds that a text takes to say; empty for a text that is read."""
    return "" if field in _READ else f"{estimate_speech_s(text, script.locale):.0f} s"


def _asked(script: RenderedScript, number: int) -> str:
    """Return a question with the words of its choices; empty if the script has fewer questions."""
    if number >= len(script.questions):
        return ""
    question: Question = script.questions[number]
    choices = question.choices.values() if question.type == "choice" else ()
    return " · ".join([question.ask, *choices])


def _list(name: str, locales: Mapping[str, Variants]) -> Iterator[Row]:
    """Yield the rows of a field with several texts; locales may have different numbers of them."""
    counts = {
        tag: max(len(getattr(script, name)) for script in variants)
        for tag, variants in locales.items()
    }
    title = name.replace("_", " ").removesuffix("s")
    for number in range(max(counts.values())):
        cells = [
            # Empty if this script has fewer texts.
            _cell(
                variants, name, ["".join(getattr(s, name)[number : number + 1]) for s in variants]
            )
            for variants in locales.values()
        ]
        missing = [tag for tag, count in counts.items() if count <= number]
        note = f"not in {', '.join(missing)}" if missing else ""
        yield Row((name, number), f"{title} {number + 1}", note, cells, different=bool(missing))


def _cell(variants: Variants, name: str, texts: Sequence[str]) -> Cell:
    """Return the cell of one locale.

    Args:
        name: of the field.
        texts: one for each variant.
    """
    found = [
        Text(script.industry, text, timed(name, script, text))
        for script, text in zip(variants, texts, strict=True)
        if script is variants[0] or text != texts[0]
    ]
    return Cell(variants[0].locale, found)
