"""A table of a script's texts: a row for each text, a cell for each locale.

`prompts render` prints it, and `prompts preview` makes a page of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agent.scripts import RenderedScript
from agent.scripts.finding import Finding, Loc, dotted
from agent.scripts.schema import SHARED_LINES
from agent.scripts.speakable import estimate_speech_s

_IN_OPENING = frozenset({"ai_disclosure", "recording_disclosure"})
_LINES = (
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
    different: bool
    """True if not all locales have this text."""


def rows_of(locales: Mapping[str, Variants]) -> Iterator[Row]:
    """Yield the rows of a script: its lines, questions, facts and talking points."""
    for name in _LINES:
        yield _row(locales, (name,), name.replace("_", " "))
    first = next(iter(locales.values()))[0]
    for number, question in enumerate(first.questions):
        required = "required" if question.required else "optional"
        condition = f"; {question.condition}" if question.condition else ""
        note = f"{question.type}, {required}{condition}"
        yield _row(locales, ("questions", number), f"question {question.id}", note)
    for name in ("facts", "talking_points"):
        title = name.replace("_", " ").removesuffix("s")
        counts = [len(getattr(each, name)) for variants in locales.values() for each in variants]
        for number in range(max(counts)):
            yield _row(locales, (name, number), f"{title} {number + 1}")


def _row(locales: Mapping[str, Variants], loc: Loc, name: str, note: str = "") -> Row:
    cells = [Cell(tag, _texts(variants, loc)) for tag, variants in locales.items()]
    missing = [cell.locale for cell in cells if not any(each.text for each in cell.variants)]
    different = 0 < len(missing) < len(cells)
    if different:
        note = "; ".join(filter(None, (note, f"not in {', '.join(missing)}")))
    return Row(loc, name, note, cells, different)


def _texts(variants: Variants, loc: Loc) -> list[Text]:
    general = _text_at(variants[0], loc)
    texts = [(script, _text_at(script, loc)) for script in variants]
    return [
        Text(script.industry, text, "" if loc[0] in _READ else _seconds(text, script.locale))
        for script, text in texts
        if script is variants[0] or text != general
    ]


def _seconds(text: str, locale: str) -> str:
    return f"{estimate_speech_s(text, locale):.0f} s"


def _text_at(script: RenderedScript, loc: Loc) -> str:
    """Return a text, of a question with its choices; empty if the script has none there."""
    field, *rest = loc
    found = getattr(script, str(field))
    for number in rest:
        found = next(iter(found[number:]), "")
    if isinstance(found, str):
        return found
    choices = found.choices.values() if found.type == "choice" else ()
    return " · ".join([found.ask, *choices])


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
