"""Finding: something to correct in a script file, with its line and field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agent.core.errors import ScriptError

Loc = tuple[str | int, ...]
Severity = Literal["error", "warning"]
"""A warning needs a look; it may be right as it is."""


@dataclass(frozen=True, order=True)
class Finding:
    """Something to correct before the script ships."""

    path: Path
    line: int
    """From 1; 0 for the file as a whole."""
    field: str
    """As in `questions[0].choices`; empty if the finding is not about a field."""
    message: str
    severity: Severity = "error"

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line else f"{self.path}"
        parts = (where, self.severity, self.field, self.message)
        return ": ".join(part for part in parts if part)


class InvalidScriptFile(ScriptError):
    def __init__(self, *findings: Finding) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = findings


def dotted(loc: Loc) -> str:
    """Write ("questions", 0, "ask") as `questions[0].ask`."""
    named = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return named.removeprefix(".").removesuffix(".[key]")


def texts_in(value: object, loc: Loc = ()) -> Iterator[tuple[Loc, str]]:
    """Yield every text in a value of the front matter, with its field."""
    if isinstance(value, str):
        yield loc, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from texts_in(inner, (*loc, key))
    elif isinstance(value, list | tuple):
        for i, inner in enumerate(value):
            yield from texts_in(inner, (*loc, i))
